import { z } from "zod";
import { majorOf, moneyFromMajor } from "../../money.ts";
import type { OrderRequest, RewardContent } from "../provider.ts";
import type { TangoOptions, TangoSettings } from "./settings.ts";

const credential = z.object({ credentialType: z.string().nullish(), value: z.string().nullish() });

/** What we read of an order at Tango. The values of `status` are not documented. */
export const vendorOrder = z.object({
  referenceOrderID: z.string(),
  externalRefID: z.string().nullish(),
  accountIdentifier: z.string().nullish(),
  utid: z.string(),
  denomination: z.object({ value: z.number(), currencyCode: z.string() }).nullish(),
  status: z.string().nullish(),
  reward: z.object({ credentialList: z.array(credential).nullish() }).nullish(),
});
export type VendorOrder = z.infer<typeof vendorOrder>;

export const orderList = z.object({ orders: z.array(vendorOrder) });

/** Made from the frozen request and the settings alone, so that every attempt sends the same body. */
export const orderBody = ({ key, value, recipient }: OrderRequest, { utid }: TangoOptions, settings: TangoSettings) => {
  const [firstName = "", ...rest] = (recipient.name ?? "").trim().split(/\s+/);
  const lastName = rest.join(" ");
  return {
    customerIdentifier: settings.customer,
    accountIdentifier: settings.account,
    externalRefID: key,
    utid,
    // the face value, also of fixed items; in the currency of the item
    amount: majorOf(value),
    // we deliver: Tango writes to nobody
    deliveryMethod: "NONE",
    // some items ask for who receives them (422.028, 422.029)
    recipient: {
      ...(firstName && { firstName: firstName.slice(0, 100) }),
      ...(lastName && { lastName: lastName.slice(0, 100) }),
      ...(recipient.email && { email: recipient.email }),
    },
  };
};

/**
 * What differs from the request, in words without personal data; undefined where it is ours. A repeated key gives the order of
 * the first time "even if the original order is for a different item" (developers.tangocard.com/docs/best-practices).
 */
export const differs = (
  order: VendorOrder,
  { key, value }: OrderRequest,
  { utid }: TangoOptions,
): string | undefined => {
  if (order.externalRefID && order.externalRefID !== key) return "another key";
  if (order.utid !== utid) return `the item ${order.utid}`;
  if (!order.denomination) return undefined;
  const { value: face, currencyCode } = order.denomination;
  const same = currencyCode === value.currency && moneyFromMajor(face, currencyCode)?.minor === value.minor;
  return same ? undefined : `a value of ${face} ${currencyCode}`;
};

/** What the recipient can use, by the type of each credential; undefined where there is nothing usable (yet). */
export const contentOf = (order: VendorOrder): RewardContent | undefined => {
  const given = new Map(
    (order.reward?.credentialList ?? []).flatMap(({ credentialType, value }) =>
      credentialType && value ? [[credentialType.toLowerCase(), value] as const] : [],
    ),
  );
  const code = given.get("claimcode") ?? given.get("cardnumber") ?? given.get("barcode");
  const url = httpOnly(given.get("redemptionurl") ?? given.get("securityurl"));
  const pin = [given.get("pin"), given.get("securitycode")].filter((each) => each !== undefined).join(" / ");
  const day = /^\d{4}-\d{2}-\d{2}/.exec(given.get("expirationdate") ?? "")?.[0];
  const expiresOn = day ? { expiresOn: day } : {};
  if (code) return { kind: "code", code, ...(pin && { pin }), ...(url && { url }), ...expiresOn };
  return url ? { kind: "link", url, ...expiresOn } : undefined;
};

const httpOnly = (url: string | undefined) => (url && /^https?:\/\//i.test(url) ? url : undefined);
