import { z } from "zod";
import { moneyFromMajor } from "../../money.ts";
import type { OrderRequest } from "../provider.ts";

/** What we read of a reward at Tremendous. */
export const vendorReward = z.object({
  id: z.string(),
  value: z.object({ denomination: z.number(), currency_code: z.string() }),
  recipient: z.object({ name: z.string().nullish(), email: z.string().nullish() }).nullish(),
  expires_at: z.string().nullish(),
  delivery: z.object({ link: z.string().nullish(), status: z.string().nullish() }).nullish(),
});
type VendorReward = z.infer<typeof vendorReward>;

/** What we read of an order at Tremendous. Statuses are text with spaces: `PENDING APPROVAL`. */
export const vendorOrder = z.object({
  id: z.string(),
  external_id: z.string().nullish(),
  status: z.string(),
  payment: z.object({ total: z.number(), refund: z.object({ total: z.number() }).nullish() }).nullish(),
  rewards: z.array(vendorReward).optional(),
});
export type VendorOrder = z.infer<typeof vendorOrder>;

export const orderAnswer = z.object({ order: vendorOrder });
export const ordersAnswer = z.object({ orders: z.array(vendorOrder) });
export const rewardAnswer = z.object({ reward: z.object({ order_id: z.string() }) });
export const linkAnswer = z.object({ reward: z.object({ link: z.url({ protocol: /^https?$/ }) }) });

/** Rejected by an approver of the organisation, or cancelled in the dashboard: what it cost is back, and its link is dead. */
export const isTakenBack = ({ status, payment }: VendorOrder): boolean =>
  status === "CANCELED" || (payment?.refund != null && payment.total > 0 && payment.refund.total >= payment.total);

/**
 * The one reward of an order, once key, amount, currency and recipient are those of the request; otherwise what differs, in
 * words without personal data.
 */
export const sameAs = (order: VendorOrder, request: OrderRequest): { reward: VendorReward } | { differs: string } => {
  if (order.external_id && order.external_id !== request.key) return { differs: "another key" };
  if (order.status === "FAILED") return { differs: "the status FAILED" };
  const [reward, ...others] = order.rewards ?? [];
  if (!reward || others.length > 0) return { differs: `${order.rewards?.length ?? 0} rewards instead of 1` };

  const { denomination, currency_code: currency } = reward.value;
  if (currency !== request.value.currency || moneyFromMajor(denomination, currency)?.minor !== request.value.minor)
    return { differs: `a value of ${denomination} ${currency}` };
  return sameRecipient(reward, request) ? { reward } : { differs: "another recipient" };
};

/** By email; by name where there is none. What Tremendous does not tell is not held against the order. */
const sameRecipient = ({ recipient: theirs }: VendorReward, { recipient: ours }: OrderRequest) => {
  const plain = (text: string | null | undefined) => text?.trim().toLowerCase() || undefined;
  const [email, name] = [plain(theirs?.email), plain(theirs?.name)];
  if (email) return email === plain(ours.email);
  return !name || ours.email !== null || name === plain(ours.name);
};
