/**
 * A message of Amazon SNS, verified: signed with a certificate that only an SNS host gives out, for the one topic that is
 * ours. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { createVerify, X509Certificate } from "node:crypto";
import { z } from "zod";
import { readJson } from "./read-json.ts";

const Message = z.object({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
  Subject: z.string().nullish(),
  SubscribeURL: z.string().nullish(),
  Token: z.string().nullish(),
});
export type SnsMessage = z.infer<typeof Message>;

export type SnsVerified = { message: SnsMessage } | { refused: 400 | 401; reason: string };

/** SNS itself tries for an hour at most; what is a day old is somebody else's doing. */
const WINDOW_MS = 24 * 3_600_000;

export interface SnsSurroundings {
  topicArn: string;
  now: () => Date;
  /** By address. A certificate never changes under its address. */
  certificates: Map<string, X509Certificate>;
}

export const verifySns = async (body: Buffer, around: SnsSurroundings): Promise<SnsVerified> => {
  const read = Message.safeParse(readJson(body));
  if (!read.success) return { refused: 400, reason: "not_sns" };
  const message = read.data;
  if (message.TopicArn !== around.topicArn) return { refused: 401, reason: "another_topic" };
  const age = around.now().getTime() - Date.parse(message.Timestamp);
  if (Math.abs(age) > WINDOW_MS) return { refused: 401, reason: "too_old" };
  if (!isSnsAddress(message.SigningCertURL, ".pem")) return { refused: 401, reason: "certificate_address" };
  const certificate = await certificateAt(message.SigningCertURL, around);
  if (!certificate) return { refused: 401, reason: "certificate" };
  const algorithm = message.SignatureVersion === "1" ? "RSA-SHA1" : "RSA-SHA256";
  const signed = createVerify(algorithm)
    .update(canonical(message), "utf8")
    .verify(certificate.publicKey, message.Signature, "base64");
  return signed ? { message } : { refused: 401, reason: "signature" };
};

/** Says yes to SNS, which asks once whether the address wants its messages. False where SNS could not be told. */
export const confirmSubscription = async (message: SnsMessage): Promise<boolean> => {
  const { SubscribeURL: address } = message;
  if (!address || !isSnsAddress(address)) return false;
  return (await fetched(address)) !== undefined;
};

/** Only SNS's own hosts, over https and on its usual port: any other address was written by somebody else. */
const isSnsAddress = (address: string, ending = ""): boolean => {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password, pathname } = new URL(address);
  return (
    protocol === "https:" &&
    port === "" &&
    username === "" &&
    password === "" &&
    /^sns\.[a-z\d-]{3,30}\.amazonaws\.com(\.cn)?$/.test(hostname) &&
    pathname.endsWith(ending)
  );
};

const MOST_CERTIFICATES = 20;

const certificateAt = async (address: string, { certificates, now }: SnsSurroundings) => {
  const kept = certificates.get(address) ?? readCertificate(await fetched(address));
  if (!kept) return undefined;
  const today = now();
  if (today < new Date(kept.validFrom) || today > new Date(kept.validTo)) return undefined;
  if (certificates.size >= MOST_CERTIFICATES) certificates.clear();
  certificates.set(address, kept);
  return kept;
};

const readCertificate = (pem: string | undefined): X509Certificate | undefined => {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
};

const MOST_BYTES = 100_000;

const fetched = async (address: string): Promise<string | undefined> => {
  try {
    const answer = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(5_000) });
    const text = answer.ok ? await answer.text() : undefined;
    return text !== undefined && text.length <= MOST_BYTES ? text : undefined;
  } catch {
    return undefined;
  }
};

/** The fields that are signed, in this order, each with its name; which ones depends on the type. */
const canonical = (message: SnsMessage): string => {
  const names =
    message.Type === "Notification"
      ? (["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"] as const)
      : (["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] as const);
  return names
    .flatMap((name) => {
      const value = message[name];
      return value === null || value === undefined ? [] : [`${name}\n${value}\n`];
    })
    .join("");
};
