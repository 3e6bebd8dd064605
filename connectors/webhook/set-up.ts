import type { WebhookSettings } from "./settings.ts";

/** What the other system needs, one line each. */
export const setUp = (settings: WebhookSettings, webhookUrl: string): string[] => [
  `URL to post to: ${webhookUrl}`,
  "Sign every request as Standard Webhooks says, with this connection's `secret`: headers webhook-id, webhook-timestamp, webhook-signature.",
  settings.map
    ? "The body is JSON as the other system writes it; `map` in accolade.yaml turns it into events."
    : 'The body is JSON: { "type": …, "subject": { "kind": …, "id": … }, "occurredAt": …, "record": { … } }, or { "events": [ … ] } with up to 100 of these.',
  "Any answer of 2xx means that it is stored. Send again, with the same webhook-id, after anything else.",
];
