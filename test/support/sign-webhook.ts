/** Signs a request as a sender of Standard Webhooks does, with the package that senders use. */
import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";

export interface ToSign {
  method: string;
  url: string;
  rest: string;
  body: string | Buffer;
  now: Date;
}

/** The signature headers. `settings` as an integrator writes them; of several secrets the first signs. */
export const sign = (request: ToSign, settings: Readonly<Record<string, unknown>>): Record<string, string> =>
  standardWebhooks(request, settings.secret);

/** The three headers of Standard Webhooks; the id is the same for the same body, as on a retry. */
export const standardWebhooks = ({ body, now }: ToSign, secret: unknown): Record<string, string> => {
  const id = `msg_${createHash("sha256").update(body).digest("hex").slice(0, 24)}`;
  const signer = new Webhook(String(Array.isArray(secret) ? secret[0] : secret));
  // the package signs text: bytes that are none get a signature that does not fit, and are refused
  const signature = signer.sign(id, now, body.toString());
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": signature,
  };
};
