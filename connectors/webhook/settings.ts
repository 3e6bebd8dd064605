import { z } from "zod";
import { SigningSecrets } from "../standard-webhooks.ts";
import { EventMap } from "./event-map.ts";

export const WebhookSettings = z.strictObject({
  secret: SigningSecrets.describe(
    "whsec_… that the sender signs with (Standard Webhooks); a list while one replaces another",
  ),
  map: EventMap.optional().describe("How a foreign JSON body becomes events. Left out: the sender posts our own shape"),
});
export type WebhookSettings = z.infer<typeof WebhookSettings>;
