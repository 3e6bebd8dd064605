import { z } from "zod";
import { formatMoney, moneyFromMajor } from "../../money.ts";
import type { Found, OrderRequest, RewardContent } from "../provider.ts";
import type { Reply } from "../vendor-call.ts";
import { options } from "./settings.ts";

const amount = z.coerce.number().nullish();
const voucher = z.object({
  productId: z.coerce.number().nullish(),
  voucherCode: z.string().nullish(),
  pin: z.string().nullish(),
  validity: z.string().nullish(),
  amount,
  currency: z.string().nullish(),
  /** `code`, `codePin`, `url`, `urlPin`; the answer to `getOrderDetails` leaves it out. */
  type: z.string().nullish(),
});
type Voucher = z.infer<typeof voucher>;

/** What we read of an order at Plum: place-order-api.md and get-order-details-api.md. */
const vendorOrder = z.object({
  orderId: z.coerce.number().int().positive(),
  orderStatus: z.string().nullish(),
  deliveryStatus: z.string().nullish(),
  vouchers: z.array(voucher).nullish(),
  voucherDetails: z
    .array(
      z.object({ productId: z.coerce.number().nullish(), currencyCode: z.string().nullish(), denomination: amount }),
    )
    .nullish(),
});
export type VendorOrder = z.infer<typeof vendorOrder>;

/** The order in an answer to `placeOrder` or `getOrderDetails`. `status: 1` in the envelope means success. */
export const orderIn = (reply: Reply, operation: "placeOrder" | "getOrderDetails"): VendorOrder | undefined => {
  const envelope = z.object({ status: z.literal(1), data: vendorOrder });
  const answer = z.object({ data: z.object({ [operation]: envelope }) });
  const read = answer.safeParse(reply.status === 200 ? reply.body : undefined).data?.data[operation];
  return read?.data;
};

/** Compares an order that Plum has under our key with what we asked for, and reads what the recipient can use. */
export const claim = (order: VendorOrder, request: OrderRequest): Found => {
  const at = `Plum has order ${order.orderId}`;
  if ([order.orderStatus, order.deliveryStatus].some((status) => /^cancell?ed$/i.test(status?.trim() ?? "")))
    return { found: "cancelled", detail: `${at}, which was cancelled there.` };
  const differs = differenceOf(order, request);
  if (differs) return { found: "different", detail: `${at} with ${differs}.` };
  const [given, ...others] = order.vouchers ?? [];
  if (others.length > 0)
    return { found: "different", detail: `${at} with ${others.length + 1} vouchers instead of 1.` };
  const content = given && contentOf(given);
  if (!content)
    return {
      found: "unknown",
      detail: `${at} and has not delivered it yet (order ${order.orderStatus ?? "unknown"}, delivery ${order.deliveryStatus ?? "unknown"}): products that are not delivered at once take some working days.`,
    };
  return { found: true, reference: String(order.orderId), content };
};

/** What Plum does not tell is not held against the order. */
const differenceOf = ({ vouchers, voucherDetails }: VendorOrder, { value, options: chosen }: OrderRequest) => {
  const { product } = options.parse(chosen);
  const told = [
    ...(vouchers ?? []).map(({ productId, amount: major, currency }) => ({ productId, major, currency })),
    ...(voucherDetails ?? []).map((each) => ({
      productId: each.productId,
      major: each.denomination,
      currency: each.currencyCode,
    })),
  ];
  for (const { productId, major, currency } of told) {
    if (productId != null && productId !== product) return `the product ${productId}`;
    if (currency && currency !== value.currency) return `a voucher in ${currency}`;
    if (major == null) continue;
    const minor = moneyFromMajor(major, value.currency)?.minor;
    if (minor !== value.minor) return `a value of ${major} instead of ${formatMoney(value)}`;
  }
  return undefined;
};

const contentOf = ({ voucherCode, pin, validity, type }: Voucher): RewardContent | undefined => {
  const code = voucherCode?.trim();
  if (!code) return undefined;
  const more = {
    ...(pin?.trim() ? { pin: pin.trim() } : {}),
    ...(/^\d{4}-\d{2}-\d{2}/.test(validity ?? "") ? { expiresOn: validity?.slice(0, 10) ?? "" } : {}),
  };
  const isAddress = /^https?:\/\//i.test(code) && URL.canParse(code);
  return isAddress && !/^code/i.test(type ?? "")
    ? { kind: "link", url: code, ...more }
    : { kind: "code", code, ...more };
};
