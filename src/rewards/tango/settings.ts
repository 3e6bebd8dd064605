import { z } from "zod";
import { VendorAddress } from "../../vendor-address.ts";
import { waits } from "../waits.ts";

const identifier = z.string().min(5).max(100);

export const settings = z.strictObject({
  platformName: z.string().min(1).describe("Name of your platform at Tango, which its API signs in with."),
  platformKey: z.string().min(1).describe("Key of your platform at Tango, from an environment variable."),
  environment: z
    .enum(["sandbox", "production"])
    .describe("sandbox orders test rewards at integration-api.tangocard.com; production spends your money."),
  customer: identifier.describe("customerIdentifier of the customer whose account pays."),
  account: identifier.describe("accountIdentifier of the account that pays."),
  lowBalance: z
    .number()
    .min(0)
    .exactOptional()
    .describe("Warn once when the account holds less than this, in its own currency."),
  ordersPerSecond: z
    .number()
    .min(0.01)
    .max(1_000)
    .default(1)
    .describe("How many orders a second the account takes, over all processes. Tango allows one."),
  apiBase: VendorAddress.exactOptional().describe("Another address of the API. For tests only."),
  ...waits({ vendor: "Tango", answer: 30_000 }),
});
export type TangoSettings = z.infer<typeof settings>;

export const options = z.strictObject({
  // 422.147: "UTID must start with 'U' followed by 1 to 9 numbers"
  utid: z
    .string()
    .regex(/^U\d{1,9}$/, "expected U and up to 9 digits, such as U561593")
    .describe("The item, by its UTID in the catalogue of Tango: one brand, country and currency."),
});
export type TangoOptions = z.infer<typeof options>;
