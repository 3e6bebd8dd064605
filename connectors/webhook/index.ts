import { defineConnector } from "../connector.ts";
import { setUp } from "./set-up.ts";
import { WebhookSettings } from "./settings.ts";
import { unpack } from "./unpack.ts";
import { verify } from "./verify.ts";

/** Any other system: posts events in our shape, or in its own with a `map`, signed by Standard Webhooks. */
export const webhook = defineConnector({
  id: "webhook",
  label: "Webhook",
  settings: WebhookSettings,
  secrets: ["secret"],
  verify,
  unpack,
  setUp,
});
