import { z } from "zod";
import { exponentOf, moneyFromMajor } from "../../money.ts";
import type { Asked, Product } from "../provider.ts";
import { inWords } from "../vendor-call.ts";
import type { Operate } from "./operation.ts";
import { vendorError } from "./vendor-error.ts";

const number = z.coerce.number().nullish().catch(null);

/** What we read of a product: get-vouchers-api.md. */
const vendorProduct = z.object({
  productId: z.coerce.number().int().positive(),
  name: z.string(),
  currencyCode: z.string(),
  countryCode: z.string().nullish(),
  countries: z.array(z.object({ code: z.string().nullish() })).nullish(),
  valueType: z.string().nullish(),
  minValue: number,
  maxValue: number,
  valueDenominations: z.union([z.string(), z.number()]).nullish(),
  deliveryType: z.string().nullish(),
  isPhoneNumberMandatory: z.union([z.boolean(), z.number()]).nullish(),
});
type VendorProduct = z.infer<typeof vendorProduct>;

const page = z.object({
  data: z.object({ getVouchers: z.object({ status: z.literal(1), data: z.array(z.unknown()) }) }),
});

const PAGE = 500;
const MOST_PAGES = 100;

/**
 * All products that can be ordered here, page by page. The longest page that Plum gives is documented nowhere, so it goes on
 * until a page brings nothing new. Plum asks to read it four times a day at most.
 */
export const readCatalog = async (
  operate: Operate,
  timeoutMs: number,
  secrets: readonly string[],
): Promise<Asked<readonly Product[]>> => {
  const products = new Map<string, Product | undefined>();
  for (let number = 1; number <= MOST_PAGES; number++) {
    const data = { limit: PAGE, page: number, sort: { field: "name", order: "ASC" } };
    const operated = await operate("plumProAPI.mutation.getVouchers", data, timeoutMs);
    if (!operated.asked) return { ok: false, detail: operated.refusal.detail };
    const { reply } = operated;
    const read = page.safeParse(reply.status === 200 ? reply.body : undefined).data;
    if (!read) {
      const error = vendorError(reply, secrets);
      // "No vouchers found": behind the last page
      if (error.id === "PLE10030" && number > 1) break;
      const said = error.words || inWords(reply);
      const why = error.penaltyMs === undefined ? said : "too many requests";
      return { ok: false, detail: `Plum did not show page ${number} of its products: ${why}.` };
    }
    const before = products.size;
    for (const each of read.data.getVouchers.data) {
      const parsed = vendorProduct.safeParse(each).data;
      if (parsed) products.set(String(parsed.productId), productOf(parsed));
    }
    if (products.size === before) break;
  }
  return { ok: true, value: [...products.values()].filter((each) => each !== undefined) };
};

/** Undefined for what cannot be ordered from here: without values, in a currency that nobody knows, for phone owners only. */
const productOf = (vendor: VendorProduct): Product | undefined => {
  const currency = vendor.currencyCode.trim().toUpperCase();
  const values = valuesOf(vendor, currency);
  if (exponentOf(currency) === undefined || !values || vendor.isPhoneNumberMandatory) return undefined;
  const codes = [...(vendor.countries ?? []).map(({ code }) => code), vendor.countryCode];
  const countries = codes.map((code) => code?.trim().toUpperCase() ?? "").filter((code) => /^[A-Z]{2}$/.test(code));
  return {
    id: String(vendor.productId),
    name: vendor.name.trim(),
    currency,
    countries: [...new Set(countries)],
    values,
    atOnce: vendor.deliveryType?.trim().toLowerCase() !== "delayed",
  };
};

const valuesOf = (vendor: VendorProduct, currency: string): Product["values"] | undefined => {
  const minor = (major: number | null | undefined) => {
    const money = major == null ? undefined : moneyFromMajor(major, currency);
    return money && money.minor > 0 ? money.minor : undefined;
  };
  if (vendor.valueType?.trim().toLowerCase() === "open_value") {
    const ends = [minor(vendor.minValue), minor(vendor.maxValue)].filter((end) => end !== undefined);
    // a recorded product had them the wrong way round
    return ends.length === 2 ? { from: Math.min(...ends), to: Math.max(...ends) } : undefined;
  }
  const written = String(vendor.valueDenominations ?? "").split(",");
  const of = written
    .map((each) => minor(each.trim() === "" ? null : Number(each)))
    .filter((each) => each !== undefined);
  return of.length > 0 ? { of: [...new Set(of)].sort((a, b) => a - b) } : undefined;
};
