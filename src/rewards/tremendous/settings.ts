import { z } from "zod";
import { VendorAddress } from "../../vendor-address.ts";
import { waits } from "../waits.ts";

export const settings = z.strictObject({
  apiKey: z.string().min(1).describe("API key of your Tremendous organisation, from an environment variable."),
  environment: z
    .enum(["sandbox", "production"])
    .describe("sandbox spends play money at testflight.tremendous.com; production spends yours."),
  fundingSource: z
    .string()
    .min(1)
    .default("balance")
    .describe("Id of the funding source that pays, or balance for the Tremendous balance."),
  campaign: z
    .string()
    .min(1)
    .exactOptional()
    .describe("Id of the campaign whose products and look are used where a reward names none."),
  webhookKey: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .exactOptional()
    .describe(
      "Private key of your webhook at Tremendous, which signs what it sends. A list while you change it: any of them may sign. Without it Tremendous' webhooks are refused.",
    ),
  apiBase: VendorAddress.exactOptional().describe("Another address of the API. For tests only."),
  ...waits({ vendor: "Tremendous", answer: 20_000 }),
});
export type TremendousSettings = z.infer<typeof settings>;

const id = z.string().min(1);
export const options = z.strictObject({
  products: z.array(id).min(1).exactOptional().describe("Ids of the products that the recipient can choose from."),
  campaign: id.exactOptional().describe("Id of the campaign whose products and look are used."),
});
export type TremendousOptions = z.infer<typeof options>;
