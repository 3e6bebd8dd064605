/** A stand-in for Amazon SNS' Query API, SMS only: signatures checked by Signature Version 4 as AWS documents it. */
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

export interface SnsApi extends VendorServer {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The forms of Publish that it took. */
  readonly messages: Record<string, string>[];
}

const xml = (status: number, text: string, taken = false): Answer => ({
  status,
  body: null,
  text,
  taken,
  headers: { "content-type": "text/xml" },
});
const refuse = (status: number, code: string, message: string): Answer =>
  xml(
    status,
    `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export const startSnsApi = async (): Promise<SnsApi> => {
  const region = "eu-south-1";
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString("hex");
  const messages: Record<string, string>[] = [];

  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
  const isSigned = (request: IncomingMessage, body: string): boolean => {
    const [, id, day, signedHeaders = "", signature = ""] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/eu-south-1\/sns\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
        request.headers.authorization ?? "",
      ) ?? [];
    const at = String(request.headers["x-amz-date"] ?? "");
    if (id !== accessKeyId || !day || !at.startsWith(day)) return false;
    const named = signedHeaders.split(";");
    if (!named.includes("host") || !named.includes("x-amz-date")) return false;
    const canonical = [
      ...["POST", "/", ""],
      ...named.map((name) => `${name}:${String(request.headers[name] ?? "").trim()}`),
      ...["", signedHeaders, sha256(body)],
    ].join("\n");
    const scope = `${day}/${region}/sns/aws4_request`;
    const key = [region, "sns", "aws4_request"].reduce(hmac, hmac(`AWS4${secretAccessKey}`, day));
    const expected = hmac(key, ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n"));
    return timingSafeEqual(expected, Buffer.from(signature, "hex"));
  };

  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    if (mood === "wrongCredentials" || !isSigned(request, body))
      return refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match");
    const form = Object.fromEntries(new URLSearchParams(body));
    if (form.Action === "GetSMSAttributes")
      return xml(
        200,
        "<GetSMSAttributesResponse><GetSMSAttributesResult><attributes><entry><key>MonthlySpendLimit</key><value>50</value></entry></attributes></GetSMSAttributesResult></GetSMSAttributesResponse>",
      );
    if (form.Action === "CheckIfPhoneNumberIsOptedOut")
      return xml(
        200,
        `<CheckIfPhoneNumberIsOptedOutResponse><CheckIfPhoneNumberIsOptedOutResult><isOptedOut>${mood === "optedOut"}</isOptedOut></CheckIfPhoneNumberIsOptedOutResult></CheckIfPhoneNumberIsOptedOutResponse>`,
      );
    if (form.Action !== "Publish" || form.Version !== "2010-03-31")
      return refuse(400, "InvalidAction", "no such action");
    if (mood === "limited") return refuse(400, "Throttling", "Rate exceeded");
    if (mood === "limitedFor7")
      return { ...refuse(429, "Throttled", "Rate exceeded"), headers: { "retry-after": "7" } };
    if (mood === "badAddress" || !/^\+[1-9]\d{6,14}$/.test(form.PhoneNumber ?? ""))
      return refuse(
        400,
        "InvalidParameter",
        `Invalid parameter: PhoneNumber Reason: ${form.PhoneNumber} is not valid to publish to`,
      );
    if (mood === "refuseOddly" || (form.Message ?? "").length > 1600)
      return refuse(400, "InvalidParameter", "Invalid parameter: Message too long");
    messages.push(form);
    return xml(
      200,
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult></PublishResponse>`,
      true,
    );
  };
  return { ...(await startVendor(handle)), region, accessKeyId, secretAccessKey, messages };
};
