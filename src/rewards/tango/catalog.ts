import { z } from "zod";
import { exponentOf, moneyFromMajor } from "../../money.ts";
import type { Product } from "../provider.ts";

const item = z.object({
  utid: z.string(),
  rewardName: z.string(),
  currencyCode: z.string(),
  status: z.string(),
  valueType: z.string(),
  faceValue: z.number().nullish(),
  minValue: z.number().nullish(),
  maxValue: z.number().nullish(),
  countries: z.array(z.string()).nullish(),
});

export const catalogAnswer = z.object({
  brands: z.array(z.object({ brandName: z.string(), items: z.array(item) })),
});

/** The items that can be ordered: active ones with a value that we understand. */
export const productsOf = ({ brands }: z.infer<typeof catalogAnswer>): Product[] =>
  brands.flatMap(({ items }) =>
    items.flatMap((each): Product[] => {
      const values = valuesOf(each);
      if (each.status.toLowerCase() !== "active" || !values) return [];
      const { utid, rewardName, currencyCode, countries } = each;
      return [{ id: utid, name: rewardName, currency: currencyCode, countries: countries ?? [], values, atOnce: true }];
    }),
  );

const valuesOf = ({
  currencyCode,
  faceValue,
  minValue,
  maxValue,
}: z.infer<typeof item>): Product["values"] | undefined => {
  if (exponentOf(currencyCode) === undefined) return undefined;
  const minor = (major: number | null | undefined) =>
    major == null ? undefined : moneyFromMajor(major, currencyCode)?.minor;
  const [fixed, from, to] = [minor(faceValue), minor(minValue), minor(maxValue)];
  // an item of variable value may come with a face value of 0
  if (from !== undefined && to !== undefined && to > 0) return { from, to };
  return fixed ? { of: [fixed] } : undefined;
};
