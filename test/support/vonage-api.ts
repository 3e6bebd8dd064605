/** A stand-in for Vonage's Messages API (SMS), as its reference documents it: JWT or Basic, problems by RFC 7807. */
import { createPublicKey, createVerify, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

const SmsMessage = z.strictObject({
  message_type: z.literal("text"),
  channel: z.literal("sms"),
  // E.164 without the plus sign
  to: z.string().regex(/^[1-9]\d{6,14}$/),
  from: z.string().min(1).max(15),
  text: z.string().min(1).max(1000),
  client_ref: z.string().max(40).optional(),
  webhook_url: z.url().optional(),
});
export type VonageMessage = z.infer<typeof SmsMessage>;

export interface VonageApi extends VendorServer {
  readonly applicationId: string;
  /** PEM. */
  readonly privateKey: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly messages: VonageMessage[];
}

const refuse = (status: number, title: string, more: object = {}): Answer => ({
  status,
  body: { type: `https://developer.vonage.com/api-errors/messages#${status}`, title, instance: randomUUID(), ...more },
});
const wrong = (name: string, reason: string) =>
  refuse(422, "Invalid params", {
    detail: "The value of one or more parameters is invalid.",
    invalid_parameters: [{ name, reason }],
  });

export const startVonageApi = async (): Promise<VonageApi> => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const applicationId = randomUUID();
  const apiKey = randomBytes(4).toString("hex");
  const apiSecret = randomBytes(12).toString("hex");
  const messages: VonageMessage[] = [];

  const knows = (header: string | undefined): boolean => {
    if (header === `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`) return true;
    const [, head, body, signature] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(header ?? "") ?? [];
    if (!head || !body || !signature) return false;
    const valid = createVerify("sha256")
      .update(`${head}.${body}`)
      .verify(createPublicKey(publicKey), signature, "base64url");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    return (
      valid && claims.application_id === applicationId && typeof claims.jti === "string" && claims.exp > claims.iat
    );
  };

  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    if (mood === "wrongCredentials" || !knows(request.headers.authorization)) return refuse(401, "Unauthorized");
    if (request.method !== "POST" || request.url !== "/v1/messages") return refuse(404, "Not Found");
    if (mood === "limited") return refuse(429, "Rate Limit Hit");
    if (mood === "limitedFor7") return { ...refuse(429, "Rate Limit Hit"), headers: { "retry-after": "7" } };
    if (mood === "badAddress") return wrong("to", "Invalid number");
    if (mood === "refuseOddly") return wrong("text", "Text is not allowed");
    const parsed = SmsMessage.safeParse(JSON.parse(body));
    if (!parsed.success)
      return wrong(String(parsed.error.issues[0]?.path[0] ?? ""), parsed.error.issues[0]?.message ?? "");
    messages.push(parsed.data);
    return { status: 202, body: { message_uuid: randomUUID() } };
  };
  return { ...(await startVendor(handle)), applicationId, privateKey, apiKey, apiSecret, messages };
};
