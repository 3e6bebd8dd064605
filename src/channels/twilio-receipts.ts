/**
 * What Twilio sends back: the status of a message, to the StatusCallback that we gave with it, and texts of recipients.
 * https://www.twilio.com/docs/messaging/guides/track-outbound-message-status, …/docs/usage/webhooks/webhooks-security
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";
import { addressMeaning, codeInWords } from "./twilio-outcome.ts";

/** Where Twilio is to report on this message: our key comes back in the query, so that a report proves a lost answer. */
export const statusCallback = (receiptsUrl: string, key: string): string => `${receiptsUrl}?message=${key}`;

export interface TwilioSecrets {
  /** Twilio signs with it, also where an API key sends. Two while it is rotated. */
  authTokens: readonly string[];
}

export const receiveFromTwilio = (
  { authTokens }: TwilioSecrets,
  request: ReceiptRequest,
  now: Date,
): Received<MessageReceipt> => {
  if (request.method !== "POST") return { refused: 405, reason: "method" };
  const signature = request.headers["x-twilio-signature"];
  if (signature === undefined) return { refused: 401, reason: "signature_missing" };
  if (!request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
    return { refused: 400, reason: "not_a_form" };
  const form = new URLSearchParams(request.body.toString("utf8"));
  if (!authTokens.some((token) => isSigned(token, signature, request.url, form)))
    return { refused: 401, reason: "signature" };
  return { receipts: read(form, new URL(request.url).searchParams.get("message"), now), answer: EMPTY };
};

/** TwiML that does nothing: Twilio answers STOP by itself, and a recipient's words get no reply from us. */
const EMPTY = { contentType: "text/xml", body: "<Response/>" };

/** HMAC-SHA1 over the address as it was called and every parameter, sorted by name; Twilio may or may not have written the port. */
const isSigned = (token: string, signature: string, url: string, form: URLSearchParams): boolean => {
  const names = [...new Set(form.keys())].sort();
  const said = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value)).join("");
  const given = Buffer.from(signature);
  return [url, ...otherPort(url)].some((each) => {
    const expected = Buffer.from(
      createHmac("sha1", token)
        .update(each + said, "utf8")
        .digest("base64"),
    );
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
};

const otherPort = (url: string): string[] => {
  const match = /^(https?):\/\/([^/?#:]+)(:\d+)?(.*)$/s.exec(url);
  if (!match) return [];
  const [, scheme, host, port, rest] = match;
  return [`${scheme}://${host}${port ? "" : scheme === "https" ? ":443" : ":80"}${rest}`];
};

/** Accepted, queued, scheduled, sending: Twilio has it, which is what we call sent. */
const states = new Map<string, "sent" | "delivered" | "read" | "failed">([
  ["accepted", "sent"],
  ["scheduled", "sent"],
  ["queued", "sent"],
  ["sending", "sent"],
  ["sent", "sent"],
  ["delivered", "delivered"],
  ["read", "read"],
  ["undelivered", "failed"],
  ["failed", "failed"],
  ["canceled", "failed"],
]);

const read = (form: URLSearchParams, key: string | null, at: Date): MessageReceipt[] => {
  const sid = form.get("MessageSid") ?? form.get("SmsSid") ?? "";
  const status = form.get("MessageStatus");
  if (status === null) return heard(form, sid, at);
  const state = states.get(status.toLowerCase());
  if (!state || (sid === "" && key === null)) return [];
  const code = Number(form.get("ErrorCode") ?? "0");
  const address = state === "failed" && code ? addressMeaning(code) : undefined;
  return [
    {
      what: "state",
      key: `${sid}/${status}`,
      message: key === null ? { reference: sid } : { key },
      state,
      at,
      ...(state === "failed" && code ? { code: String(code), detail: codeInWords(code) } : {}),
      ...(address ? { address } : {}),
    },
  ];
};

/** A text that somebody sent to our number. With Advanced Opt-Out, Twilio says itself what the words mean. */
const heard = (form: URLSearchParams, sid: string, at: Date): MessageReceipt[] => {
  const from = (form.get("From") ?? "").replace(/^whatsapp:/, "");
  const body = form.get("Body");
  if (body === null || sid === "" || !/^\+\d{6,15}$/.test(from)) return [];
  const meant = form.get("OptOutType");
  return [{ what: "heard", key: `${sid}/heard`, from, text: meant === "STOP" || meant === "START" ? meant : body, at }];
};
