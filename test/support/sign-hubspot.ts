// Signs as HubSpot does, with HubSpot's own code.
import { Signature } from "@hubspot/api-client";

interface ToSign {
  method: string;
  url: string;
  rest: string;
  body: string | Buffer;
  now: Date;
}
/** A connection's settings, as written or as parsed. */
interface Keys {
  clientSecret?: unknown;
  signatures?: unknown;
}

/** The headers of a request that this app would send: v2 for the workflow action, else the first version of the settings. */
export const sign = ({ method, url, rest, body, now }: ToSign, settings: Keys): Record<string, string> => {
  const [first] = [settings.clientSecret].flat();
  const [listed] = [settings.signatures].flat();
  const clientSecret = String(first);
  const requestBody = body.toString();
  const version = rest === "workflow" ? "v2" : String(listed ?? "v3");
  const headers = { "content-type": "application/json" };
  if (version !== "v3") {
    const signature = Signature.getSignature(method, version, { signature: "", clientSecret, requestBody, url });
    return { ...headers, "x-hubspot-signature": signature, "x-hubspot-signature-version": version };
  }
  const timestamp = now.getTime();
  const signature = Signature.getSignature(method, "v3", { signature: "", clientSecret, requestBody, url, timestamp });
  return { ...headers, "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": String(timestamp) };
};
