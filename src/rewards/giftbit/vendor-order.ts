import { z } from "zod";
import type { OrderRequest } from "../provider.ts";
import type { GiftbitOptions } from "./settings.ts";

/** What we read of an order at Giftbit, which calls it a campaign. */
const campaign = z.object({
  id: z.string().nullish(),
  uuid: z.string(),
  status: z.string().nullish(),
  price_in_cents: z.number().nullish(),
  brand_codes: z.array(z.string()).nullish(),
  region: z.string().nullish(),
  fees: z
    .object({ cost_entries: z.array(z.object({ fee_type: z.string().nullish(), currency: z.string().nullish() })) })
    .nullish(),
});
export type Campaign = z.infer<typeof campaign>;

const info = z.object({ code: z.string() });
export const placedAnswer = z.object({ info, campaign, direct_links: z.array(z.string()).nullish() });
export const campaignAnswer = z.object({ info, campaign });
export const linksAnswer = z.object({ info, directlinks: z.array(z.object({ link: z.string() })).nullish() });
const gift = z.object({
  uuid: z.string(),
  status: z.string(),
  price_in_cents: z.number().nullish(),
});
export type Gift = z.infer<typeof gift>;
export const giftsAnswer = z.object({ info, gifts: z.array(gift), total_count: z.number() });
export const giftAnswer = z.object({ gift });
export const fundsAnswer = z.object({
  fundsbycurrency: z.record(z.string(), z.object({ available_in_cents: z.number() })),
});
export const errorAnswer = z.object({
  error: z.object({ code: z.string(), name: z.string().nullish(), message: z.string().nullish() }),
});

/** Made from the frozen request alone, so that every attempt sends the same body. */
export const orderBody = ({ key, value }: OrderRequest, { brands, region }: GiftbitOptions) => ({
  id: key,
  // the currency is that of the brands, or of the region
  price_in_cents: value.minor,
  ...(brands ? { brand_codes: brands } : { region }),
  link_count: 1,
});

/** What differs from the request, in words; undefined where it is ours, as far as Giftbit tells. */
export const differs = (
  { id, price_in_cents: cents, brand_codes: codes, region, fees }: Campaign,
  { key, value }: OrderRequest,
  chosen: GiftbitOptions,
): string | undefined => {
  if (id && id !== key) return "another id";
  if (cents != null && cents !== value.minor) return `a value of ${cents} cents`;
  const currency = fees?.cost_entries.find(({ fee_type }) => fee_type === "PREFUND_GIFT_COST")?.currency;
  if (currency && currency !== value.currency) return `the currency ${currency}`;
  if (chosen.brands && codes && [...codes].sort().join() !== [...chosen.brands].sort().join())
    return `the brands ${codes.join(", ")}`;
  return chosen.region && region && region !== chosen.region ? `the region ${region}` : undefined;
};

/** Accepted, and waiting for our money: sent again it would be no second order, but there is no need to. */
export const awaitsFunds = (code: string, { status }: Campaign): boolean =>
  code.endsWith("_FUNDS_REQUIRED") || code.endsWith("_FUNDS_PENDING") || status === "AWAITING_FUNDS";

export const isLink = (url: string | undefined): url is string => url !== undefined && /^https?:\/\//i.test(url);
