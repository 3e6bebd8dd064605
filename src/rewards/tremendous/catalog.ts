import { z } from "zod";
import { exponentOf, moneyFromMajor } from "../../money.ts";
import type { Asked, Product } from "../provider.ts";
import { inWords, type Reply } from "./call.ts";

/** What we read of a product at Tremendous. */
export const vendorProduct = z.object({
  id: z.string(),
  name: z.string(),
  currency_codes: z.array(z.string()),
  countries: z.array(z.object({ abbr: z.string() })),
  /** In the product's currency. */
  skus: z.array(z.object({ min: z.number(), max: z.number() })).optional(),
});
type VendorProduct = z.infer<typeof vendorProduct>;

const answer = z.object({ products: z.array(z.unknown()) });

/** From the answer to `GET /products`. A product that pays in several currencies is there once for each. */
export const catalogOf = (reply: Reply): Asked<readonly Product[]> => {
  const read = answer.safeParse(reply.status === 200 ? reply.body : undefined).data;
  if (!read) return { ok: false, detail: `Tremendous did not show its products: ${inWords(reply)}.` };
  const products = read.products.flatMap((each) => vendorProduct.safeParse(each).data ?? []);
  return { ok: true, value: products.flatMap(productsOf) };
};

const productsOf = ({ id, name, currency_codes: codes, countries, skus }: VendorProduct): Product[] =>
  codes
    .filter((currency) => exponentOf(currency) !== undefined)
    .map((currency) => ({
      id,
      name: name.trim(),
      currency,
      countries: countries.map(({ abbr }) => abbr.toUpperCase()).filter((abbr) => /^[A-Z]{2}$/.test(abbr)),
      values: (codes.length === 1 && bandOf(skus ?? [], currency)) || ANY,
      atOnce: true,
    }));

/** Of which currency the bands of a product with several are is not told. */
const ANY = { from: 1, to: Number.MAX_SAFE_INTEGER };

const bandOf = (skus: readonly { min: number; max: number }[], currency: string) => {
  const ends = skus.flatMap(({ min, max }) => [min, max]).map((major) => moneyFromMajor(major, currency)?.minor);
  const known = ends.filter((end) => end !== undefined);
  return known.length > 0 && known.length === ends.length
    ? { from: Math.max(1, Math.min(...known)), to: Math.max(...known) }
    : undefined;
};
