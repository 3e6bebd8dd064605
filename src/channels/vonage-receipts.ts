/** What Vonage sends back: the state of a message, or what somebody wrote. Signed with a JWT that holds the body's hash. */
import { createHash, timingSafeEqual } from "node:crypto";
import { errors, jwtVerify } from "jose";
import { z } from "zod";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";
import { vendorWords } from "./call.ts";

const Status = z.object({
  message_uuid: z.string().min(1),
  status: z.enum(["submitted", "delivered", "read", "rejected", "undeliverable"]),
  timestamp: z.coerce.date(),
  /** What we gave with the message: our key. It also names one whose answer was lost. */
  client_ref: z.string().nullish(),
  error: z
    .object({
      type: z.string().nullish(),
      title: z.union([z.string(), z.number()]).nullish(),
      detail: z.string().nullish(),
    })
    .nullish(),
});
const Inbound = z.object({
  message_uuid: z.string().min(1),
  from: z.string().regex(/^\+?[1-9]\d{5,14}$/),
  message_type: z.literal("text"),
  text: z.string(),
  timestamp: z.coerce.date(),
});
const Claims = z.object({ payload_hash: z.string().regex(/^[0-9a-f]{64}$/i) });

const states = {
  submitted: "sent",
  delivered: "delivered",
  read: "read",
  rejected: "failed",
  undeliverable: "failed",
} as const;

export const vonageReceipts =
  (signatureSecret: string, now: () => Date) =>
  async ({ method, headers, body }: ReceiptRequest): Promise<Received<MessageReceipt>> => {
    if (method !== "POST") return { refused: 405, reason: "expected POST" };
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) return { refused: 401, reason: "no signed token" };
    const signed = await claimsOf(token, signatureSecret, now());
    if ("refused" in signed) return signed;
    const hash = createHash("sha256").update(body).digest();
    if (!timingSafeEqual(hash, Buffer.from(signed.payload_hash, "hex")))
      return { refused: 401, reason: "the body is not the one that was signed" };
    const content = json(body);
    const status = Status.safeParse(content).data;
    if (status) return { receipts: [stateOf(status)] };
    const inbound = Inbound.safeParse(content).data;
    // other kinds of message are none of ours: taken, so that they are not sent again
    if (!inbound) return content === undefined ? { refused: 400, reason: "expected JSON" } : { receipts: [] };
    const { message_uuid, from, text, timestamp } = inbound;
    return {
      receipts: [
        { what: "heard", key: `vonage/${message_uuid}`, from: `+${from.replace(/^\+/, "")}`, text, at: timestamp },
      ],
    };
  };

/** "The number … is blacklisted and may not receive messages." https://developer.vonage.com/en/api-errors/messages */
const NUMBER_BARRED = "1050";

const stateOf = ({ message_uuid, status, timestamp, client_ref, error }: z.infer<typeof Status>): MessageReceipt => ({
  what: "state",
  key: `vonage/${message_uuid}/${status}`,
  message: client_ref ? { key: client_ref } : { reference: message_uuid },
  state: states[status],
  at: timestamp,
  ...(error?.title == null ? {} : { code: String(error.title) }),
  ...(states[status] === "failed" && String(error?.title) === NUMBER_BARRED ? { address: "bad" } : {}),
  ...(error?.detail == null ? {} : { detail: vendorWords(error.detail) }),
});

const refusal = (reason: string) => ({ refused: 401, reason }) as const;

const claimsOf = async (token: string, secret: string, now: Date) => {
  try {
    const key = new TextEncoder().encode(secret);
    const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], currentDate: now, clockTolerance: 300 });
    return Claims.safeParse(payload).data ?? refusal("the token lacks the hash of the body");
  } catch (error) {
    return refusal(
      error instanceof errors.JWTExpired ? "the token is over" : "the token is not signed with signatureSecret",
    );
  }
};

const json = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};
