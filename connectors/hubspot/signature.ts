import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What HubSpot signs: the request as it was called and the bytes as they came. */
export interface Signed {
  method: string;
  url: string;
  body: Buffer;
}

const plain: Record<string, string> = {
  "%3A": ":",
  "%2F": "/",
  "%3F": "?",
  "%40": "@",
  "%21": "!",
  "%24": "$",
  "%27": "'",
  "%28": "(",
  "%29": ")",
  "%2A": "*",
  "%2C": ",",
  "%3B": ";",
};

/**
 * The URI as HubSpot hashes it in v3: twelve escapes decoded, no others, in a single pass, so that `%253A` stays.
 * https://developers.hubspot.com/docs/guides/apps/authentication/validating-requests
 */
export const decodeUri = (url: string): string =>
  url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) => plain[code.toUpperCase()] ?? code);

export const signatureV1 = (secret: string, { body }: Signed): string =>
  createHash("sha256").update(secret).update(body).digest("hex");

export const signatureV2 = (secret: string, { method, url, body }: Signed): string =>
  createHash("sha256").update(secret).update(method).update(url).update(body).digest("hex");

/** `timestamp` is the text of the header: HubSpot hashes it as it sent it. */
export const signatureV3 = (secret: string, { method, url, body }: Signed, timestamp: string): string =>
  createHmac("sha256", secret).update(method).update(decodeUri(url)).update(body).update(timestamp).digest("base64");

/** Whether `given` is one of `expected`, in a time that does not tell how much of it was right. */
export const isOneOf = (given: string, expected: string[]): boolean => {
  const found = Buffer.from(given);
  let match = false;
  for (const text of expected) {
    const wanted = Buffer.from(text);
    if (wanted.length === found.length && timingSafeEqual(wanted, found)) match = true;
  }
  return match;
};
