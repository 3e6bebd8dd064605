import { z } from "zod";
import { VendorAddress } from "../../vendor-address.ts";
import { waits } from "../waits.ts";

export const settings = z.strictObject({
  apiKey: z.string().min(1).describe("API key of your Giftbit account, from an environment variable."),
  environment: z
    .enum(["testbed", "production"])
    .describe("testbed orders test rewards at api-testbed.giftbit.com; production spends your money."),
  lowBalance: z
    .number()
    .min(0)
    .exactOptional()
    .describe("Warn once when the account holds less than this of a currency that it has held before."),
  apiBase: VendorAddress.exactOptional().describe("Another address of the API. For tests only."),
  ...waits({ vendor: "Giftbit", answer: 30_000 }),
});

/** The regions with a currency of their own, as Giftbit names them. */
export const currencyOfRegion = { USA: "USD", Canada: "CAD", Australia: "AUD" } as const;
type RegionName = keyof typeof currencyOfRegion;

export const options = z.strictObject({
  brands: z
    .array(z.string().min(1))
    .min(1)
    .exactOptional()
    .describe("Brand codes of Giftbit that the recipient can choose from, all of one region."),
  region: z
    .enum(Object.keys(currencyOfRegion) as [RegionName, ...RegionName[]])
    .exactOptional()
    .describe("Instead of brands: everything that Giftbit offers in this region."),
});
export type GiftbitOptions = z.infer<typeof options>;
