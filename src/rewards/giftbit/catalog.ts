import { z } from "zod";
import { exponentOf } from "../../money.ts";
import type { Asked, Product } from "../provider.ts";
import { inWords, type Reply } from "../vendor-call.ts";
import { currencyOfRegion } from "./settings.ts";

type Ask = (path: string) => Promise<Reply>;

const brandsAnswer = z.object({ brands: z.array(z.object({ brand_code: z.string() })), total_count: z.number() });
const brandAnswer = z.object({
  brand: z.object({
    brand_code: z.string(),
    name: z.string(),
    regions: z.array(z.number()).nullish(),
    fund_currencyisocode: z.string(),
    variable_price: z.boolean(),
    min_price_in_cents: z.number().nullish(),
    max_price_in_cents: z.number().nullish(),
    allowed_prices_in_cents: z.array(z.number()).nullish(),
  }),
});
const regionsAnswer = z.object({ regions: z.array(z.object({ id: z.number(), name: z.string() })) });

const PAGE = 100;
const MOST_BRANDS = 5_000;
const AT_ONCE = 4;
const countryOf: Record<string, string> = { USA: "US", Canada: "CA", Australia: "AU" };

/** Every brand with its values. The list has only names, so each brand is a call of its own: a few hundred, seldom made. */
export const readBrands = async (ask: Ask): Promise<Asked<readonly Product[]>> => {
  const regions = await ask("/regions");
  const known = regionsAnswer.safeParse(regions.status === 200 ? regions.body : undefined);
  if (!known.success) return notShown(regions);
  const names = new Map(known.data.regions.map(({ id, name }) => [id, name]));
  const codes: string[] = [];
  for (let offset = 0; offset < MOST_BRANDS; ) {
    const reply = await ask(`/brands?limit=${PAGE}&offset=${offset}`);
    const page = brandsAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
    if (!page.success) return notShown(reply);
    codes.push(...page.data.brands.map((brand) => brand.brand_code));
    offset += page.data.brands.length;
    if (page.data.brands.length === 0 || offset >= page.data.total_count) break;
  }
  const products: Product[] = [];
  for (let at = 0; at < codes.length; at += AT_ONCE) {
    const read = await Promise.all(codes.slice(at, at + AT_ONCE).map((code) => readBrand(ask, code, names)));
    for (const brand of read) {
      if (!brand.ok) return brand;
      if (brand.value) products.push(brand.value);
    }
  }
  return { ok: true, value: products };
};

/** One brand; undefined where there is none of this code, or none that we could order. */
export const readBrand = async (
  ask: Ask,
  code: string,
  regions: ReadonlyMap<number, string> = new Map(),
): Promise<Asked<Product | undefined>> => {
  const reply = await ask(`/brands/${encodeURIComponent(code)}`);
  // ERROR_BRANDS_NO_SUCH_BRAND
  if (reply.status === 422) return { ok: true, value: undefined };
  const answer = brandAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
  if (!answer.success) return notShown(reply);
  const { brand } = answer.data;
  const { variable_price, min_price_in_cents: from, max_price_in_cents: to, allowed_prices_in_cents: of } = brand;
  const values = variable_price ? from != null && to != null && { from, to } : of?.length && { of };
  // an amount is in cents: a currency without them could not be ordered
  if (!values || exponentOf(brand.fund_currencyisocode) !== 2) return { ok: true, value: undefined };
  const countries = (brand.regions ?? []).map((id) => countryOf[regions.get(id) ?? ""]);
  return {
    ok: true,
    value: {
      id: brand.brand_code,
      name: brand.name,
      currency: brand.fund_currencyisocode,
      // one region that is no country is everywhere
      countries: countries.every((country) => country !== undefined) ? countries : [],
      values,
      atOnce: true,
    },
  };
};

/** The currency of everything that a region offers. */
export const regionCurrency = (region: keyof typeof currencyOfRegion): string => currencyOfRegion[region];

const notShown = (reply: Reply) =>
  ({ ok: false, detail: `Giftbit did not show its brands: ${inWords(reply)}.` }) as const;
