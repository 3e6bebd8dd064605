import { z } from "zod";
import { formatMoney, type Money, moneyFromMajor } from "../../money.ts";
import type { Asked } from "../provider.ts";
import { inWords } from "../vendor-call.ts";
import type { Operate } from "./operation.ts";
import { vendorError } from "./vendor-error.ts";

export type Balance = Asked<readonly Money[]>;

const answer = z.object({
  data: z.object({
    getBalance: z.object({ status: z.literal(1), data: z.object({ value: z.coerce.number(), currency: z.string() }) }),
  }),
});

/** The wallet of the account. Plum answers this ten times a minute at most. */
export const readBalance = async (
  operate: Operate,
  timeoutMs: number,
  secrets: readonly string[],
): Promise<Balance> => {
  const operated = await operate("plumProAPI.query.getBalance", {}, timeoutMs);
  if (!operated.asked) return { ok: false, detail: operated.refusal.detail };
  const { reply } = operated;
  const read = answer.safeParse(reply.status === 200 ? reply.body : undefined).data?.data.getBalance.data;
  const money = read && moneyFromMajor(read.value, read.currency.trim().toUpperCase());
  if (money) return { ok: true, value: [money] };
  const error = vendorError(reply, secrets);
  const said = [error.id, error.words].filter(Boolean).join(": ");
  const why = error.penaltyMs === undefined ? said || inWords(reply) : "too many requests, try again in a minute";
  return { ok: false, detail: `Plum did not tell its balance: ${why}.` };
};

export const inWordsOf = (money: readonly Money[]): string => money.map((each) => formatMoney(each)).join(", ");
