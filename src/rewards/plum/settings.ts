import { z } from "zod";
import { VendorAddress } from "../../vendor-address.ts";
import { waits } from "../waits.ts";

const address = VendorAddress.transform((url) => url.replace(/\/+$/, ""));
const webhookKey = z
  .string()
  .regex(/^[A-Za-z0-9]{13,60}$/, "expected 13 to 60 letters and digits, as Plum takes them for x-api-key");

export const settings = z.strictObject({
  clientId: z.string().min(1).describe("Client id of the API credentials that the Plum admin portal shows."),
  clientSecret: z.string().min(1).describe("Client secret shown with it, from an environment variable."),
  refreshToken: z
    .string()
    .min(1)
    .describe(
      "The first refresh token that the portal shows. Plum gives a new one with each renewal; Accolade keeps those itself, so this is read once.",
    ),
  environment: z
    .enum(["sandbox", "production"])
    .describe("sandbox is stagingstores.xoxoday.com with a demo balance; production is accounts.xoxoday.com."),
  webhookKey: z
    .union([webhookKey, z.array(webhookKey).min(1)])
    .transform((one) => (Array.isArray(one) ? one : [one]))
    .exactOptional()
    .describe(
      "The x-api-key that you chose for Plum's webhook, from an environment variable. A list while you change it: any of them is taken. Without it Plum's webhooks are refused.",
    ),
  apiBase: address.exactOptional().describe("Another host of the API, up to and including /chef."),
  ...waits({ vendor: "Plum", answer: 125_000, lookup: 120_000, longest: 300_000, note: " Plum may take 120 seconds." }),
});
export type PlumSettings = z.infer<typeof settings>;

export const options = z.strictObject({
  product: z.int().positive().describe("Plum's productId of what is given."),
});
export type PlumOptions = z.infer<typeof options>;

/** The two hosts: API-PLAYGROUND/Rewards-API/giftcard-api/spec.yaml of Plum's documentation. */
export const baseOf = ({ apiBase, environment }: PlumSettings): string =>
  apiBase ??
  (environment === "production" ? "https://accounts.xoxoday.com/chef" : "https://stagingstores.xoxoday.com/chef");
