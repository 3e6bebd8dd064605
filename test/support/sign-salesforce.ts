/** An Outbound Message is unsigned: its secret is the end of the URL. A callout is signed by Standard Webhooks. */
import { standardWebhooks, type ToSign } from "./sign-webhook.ts";

export const sign = (request: ToSign, settings: Readonly<Record<string, unknown>>): Record<string, string> =>
  request.rest === "callout"
    ? standardWebhooks(request, settings.calloutSecret)
    : { "content-type": "text/xml; charset=utf-8", soapaction: '""' };
