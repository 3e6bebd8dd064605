/** The part of accolade.yaml that says whom we tell of what happens here: `webhooks:`. */
import { z } from "zod";
import { SigningSecrets } from "../connectors/standard-webhooks.ts";
import { type OutgoingType, outgoingWishes, wishedFor } from "./outgoing-events.ts";
import { addressProblem } from "./public-address.ts";

/** Somebody whom we tell. */
export interface Endpoint {
  id: string;
  url: string;
  /** Newest first; each of them signs. */
  secrets: readonly string[];
  events: readonly OutgoingType[];
  personal: boolean;
  allowPrivate: boolean;
}

export const WebhookEntry = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "expected lower-case letters, digits and dashes")
      .describe("Your name for this endpoint"),
    url: z.string().describe("Where to post to: https://…"),
    secret: SigningSecrets.describe(
      "whsec_… that signs what we send, by Standard Webhooks: a list while one replaces another, and then all of them sign. Secret.",
    ),
    events: z
      .array(z.enum(outgoingWishes as [string, ...string[]], `expected any of ${outgoingWishes.join(", ")}`))
      .min(1)
      .default(["grant.*", "budget.*", "dispute.*"])
      .describe("Which events it gets: docs/outgoing-events.md lists them"),
    personal: z
      .boolean()
      .default(false)
      .describe("true: name and email address of recipients are told too; else only ids"),
    allowPrivate: z
      .boolean()
      .default(false)
      .describe("true: the address may be in your own network, and plain http://. Only for addresses that you trust"),
  })
  .superRefine(({ url, allowPrivate }, context) => {
    const problem = addressProblem(url, { allowPrivate });
    if (problem) context.addIssue({ code: "custom", path: ["url"], message: problem });
  })
  .transform(({ secret, events, ...rest }): Endpoint => ({ ...rest, secrets: secret, events: wishedFor(events) }));
