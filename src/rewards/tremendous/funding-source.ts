import { z } from "zod";
import { type Money, moneyFromMajor } from "../../money.ts";
import type { Asked } from "../provider.ts";
import { inWords, type Reply } from "./call.ts";
import type { TremendousSettings } from "./settings.ts";

/** What we read of a funding source at Tremendous. */
export const vendorSource = z.object({
  id: z.string(),
  method: z.string(),
  status: z.string().nullish(),
  usage_permissions: z.array(z.string()).nullish(),
  meta: z.object({ available_amount: z.number().nullish(), currency_code: z.string().nullish() }).nullish(),
});
export type VendorSource = z.infer<typeof vendorSource>;

const answer = z.object({ funding_sources: z.array(vendorSource) });

/** The configured source in an answer to `GET /funding_sources`; null where it is not there, undefined where it cannot be read. */
export const sourceIn = (
  reply: Reply,
  { fundingSource }: Pick<TremendousSettings, "fundingSource">,
): VendorSource | null | undefined => {
  const read = answer.safeParse(reply.status === 200 ? reply.body : undefined).data;
  return (
    read &&
    (read.funding_sources.find(({ id, method }) =>
      fundingSource === "balance" ? method === "balance" : id === fundingSource,
    ) ??
      null)
  );
};

/** What the source has. A card or a bank account does not tell: nothing limits it, as far as anybody knows. */
export const balanceOf = (reply: Reply, settings: TremendousSettings): Asked<readonly Money[]> => {
  const source = sourceIn(reply, settings);
  if (source === undefined) return { ok: false, detail: `Tremendous did not tell its balance: ${inWords(reply)}.` };
  if (source === null)
    return { ok: false, detail: `Tremendous has no funding source ${settings.fundingSource} in this account.` };
  const { available_amount: major, currency_code: currency } = source.meta ?? {};
  const money = major == null || !currency ? undefined : moneyFromMajor(major, currency);
  return { ok: true, value: money ? [money] : [] };
};
