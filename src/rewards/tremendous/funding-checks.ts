import { z } from "zod";
import type { Check } from "../../outcome.ts";
import { inWords, type Reply } from "./call.ts";
import type { TremendousSettings } from "./settings.ts";

const fundingSources = z.object({
  funding_sources: z.array(
    z.object({
      id: z.string(),
      method: z.string(),
      status: z.string().nullish(),
      usage_permissions: z.array(z.string()).nullish(),
      meta: z.object({ available_amount: z.number().nullish(), currency_code: z.string().nullish() }).nullish(),
    }),
  ),
});

/** From the answer to `GET /funding_sources`: does the key work, and can the configured source pay for orders? */
export const fundingChecks = (reply: Reply, { fundingSource, environment }: TremendousSettings): Check[] => {
  const key = `Tremendous API key (${environment})`;
  if (reply.status === 401 || reply.status === 403)
    return [
      {
        ok: false,
        what: key,
        found: `refused (${reply.status})`,
        todo: `Create an API key in the ${environment} dashboard of Tremendous and set it as apiKey. Keys of the sandbox and of production are not the same.`,
      },
    ];
  const answer = fundingSources.safeParse(reply.status === 200 ? reply.body : undefined);
  if (!answer.success)
    return [
      {
        ok: false,
        what: "Tremendous",
        found: inWords(reply),
        todo: "Check the network from here to Tremendous, then try again.",
      },
    ];

  const what = `Tremendous funding source ${fundingSource}`;
  const todo =
    "Choose one in the Tremendous dashboard that is active and may pay for API orders, and set its id as fundingSource.";
  const source = answer.data.funding_sources.find(({ id, method }) =>
    fundingSource === "balance" ? method === "balance" : id === fundingSource,
  );
  const bad =
    (!source && "not in this account") ||
    (source?.status && source.status !== "active" && `it is ${source.status}`) ||
    (source?.usage_permissions && !source.usage_permissions.includes("api_orders") && "it may not pay for API orders");
  if (bad)
    return [
      { ok: true, what: key },
      { ok: false, what, found: bad, todo },
    ];

  const { available_amount: available, currency_code: currency } = source?.meta ?? {};
  const detail = available == null ? "active" : `active, ${available} ${currency ?? ""} available`.replace("  ", " ");
  return [
    { ok: true, what: key },
    { ok: true, what, detail },
  ];
};
