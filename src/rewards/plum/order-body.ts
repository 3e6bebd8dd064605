import { majorOf } from "../../money.ts";
import type { OrderRequest } from "../provider.ts";
import type { PlumOptions } from "./settings.ts";

/**
 * `variables.data` of `placeOrder`, made from the frozen request alone, so that every attempt sends the same. Plum itself
 * writes to nobody.
 */
export const orderBody = ({ key, value, recipient }: OrderRequest, { product }: PlumOptions) => ({
  productId: product,
  quantity: 1,
  denomination: majorOf(value),
  poNumber: key,
  ...(recipient.email ? { email: recipient.email } : {}),
  notifyReceiverEmail: 0,
  notifyAdminEmail: 0,
});
