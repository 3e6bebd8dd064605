/** A stand-in for Twilio's Messages API, as its OpenAPI description and error pages document it. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

interface TwilioMessage {
  sid: string;
  /** The form as it arrived. */
  form: Record<string, string>;
}

export interface TwilioApi extends VendorServer {
  readonly accountSid: string;
  readonly authToken: string;
  /** What it took, in order. */
  readonly messages: TwilioMessage[];
}

const errors: Partial<Record<Mood, { status: number; code: number; message: string }>> = {
  badAddress: { status: 400, code: 21211, message: "Invalid 'To' Phone Number: +3933312345" },
  optedOut: { status: 400, code: 21610, message: "Attempt to send to unsubscribed recipient" },
  limited: { status: 429, code: 20429, message: "Too Many Requests" },
  limitedFor7: { status: 429, code: 20429, message: "Too Many Requests" },
  refuseOddly: { status: 400, code: 21617, message: "The concatenated message body exceeds the 1600 character limit" },
};

export const startTwilioApi = async (): Promise<TwilioApi> => {
  const accountSid = `AC${randomBytes(16).toString("hex")}`;
  const authToken = randomBytes(16).toString("hex");
  const messages: TwilioMessage[] = [];
  const path = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const refuse = ({ status, code, message }: { status: number; code: number; message: string }): Answer => ({
    status,
    body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
  });

  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
    if (mood === "wrongCredentials" || request.headers.authorization !== basic)
      return refuse({ status: 401, code: 20003, message: "Authenticate" });
    const { pathname } = new URL(request.url ?? "", "http://vendor");
    if (request.method === "GET") {
      const one = messages.find(({ sid }) => pathname === `${path}/${sid}.json`);
      if (one) return { status: 200, body: resource(accountSid, one) };
      if (pathname === `${path}.json`) return { status: 200, body: { messages: [] } };
    }
    if (request.method !== "POST" || pathname !== `${path}.json`)
      return refuse({ status: 404, code: 20404, message: "The requested resource was not found" });
    if (request.headers["content-type"] !== "application/x-www-form-urlencoded")
      return refuse({ status: 415, code: 20415, message: "Unsupported media type" });
    const form = Object.fromEntries(new URLSearchParams(body));
    const wrong = misshapen(form);
    if (wrong) return refuse(wrong);
    const error = errors[mood];
    if (error) return { ...refuse(error), ...(mood === "limitedFor7" ? { headers: { "retry-after": "7" } } : {}) };
    const message = { sid: `SM${randomBytes(16).toString("hex")}`, form };
    messages.push(message);
    return { status: 201, body: resource(accountSid, message) };
  };
  return { ...(await startVendor(handle)), accountSid, authToken, messages };
};

const misshapen = (form: Record<string, string>) => {
  const whatsapp = form.To?.startsWith("whatsapp:") ?? false;
  if (!/^(whatsapp:)?\+[1-9]\d{6,14}$/.test(form.To ?? ""))
    return { status: 400, code: 21211, message: "Invalid 'To'" };
  if (!form.From === !form.MessagingServiceSid) return { status: 400, code: 21603, message: "A 'From' is required" };
  if (form.From && form.From.startsWith("whatsapp:") !== whatsapp)
    return { status: 400, code: 21910, message: "Invalid 'From' and 'To' pair" };
  if (!form.Body && !form.ContentSid) return { status: 400, code: 21619, message: "A message body is required" };
  if ((form.Body ?? "").length > 1600) return { status: 400, code: 21617, message: "Body too long" };
  if (whatsapp && form.Body) return { status: 400, code: 63016, message: "Free-form outside the allowed window" };
  if (form.ContentVariables) {
    const variables: unknown = JSON.parse(form.ContentVariables);
    const fine =
      typeof variables === "object" && Object.values(variables ?? {}).every((each) => typeof each === "string");
    if (!fine) return { status: 400, code: 21656, message: "The ContentVariables parameter is invalid" };
  }
  return undefined;
};

const resource = (accountSid: string, { sid, form }: TwilioMessage) => ({
  sid,
  account_sid: accountSid,
  api_version: "2010-04-01",
  body: form.Body ?? "",
  from: form.From ?? null,
  to: form.To,
  messaging_service_sid: form.MessagingServiceSid ?? null,
  status: form.MessagingServiceSid ? "accepted" : "queued",
  direction: "outbound-api",
  num_segments: "1",
  num_media: "0",
  error_code: null,
  error_message: null,
  price: null,
  price_unit: "USD",
  date_created: "Mon, 23 Nov 2026 09:00:00 +0000",
  date_updated: "Mon, 23 Nov 2026 09:00:00 +0000",
  date_sent: null,
  uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`,
  subresource_uris: {},
});
