/** One HTTP call to a message vendor, and how it ended. */
import { retryLater, unknown } from "../outcome.ts";
import { redactText } from "../redact.ts";
import type { SendOutcome } from "./channel.ts";

/** `body` is parsed JSON, or undefined where `text` was none. */
export type Reply =
  | { status: number; body: unknown; text: string; retryAfterMs: number | undefined }
  /** `sent: false` only where it is certain that no byte of the request left. */
  | { status: "none"; sent: boolean; why: string };

export interface Call {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** For the whole call, the answer's last byte included. */
  timeoutMs: number;
  now: () => Date;
}

const MOST_BYTES = 1_000_000;

/** Never throws; follows no redirect, which would carry the credentials to another address. */
export const callVendor = async (call: Call): Promise<Reply> => {
  const signal = AbortSignal.timeout(call.timeoutMs);
  try {
    const { url, method, headers, body } = call;
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const bytes: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength;
      if (length > MOST_BYTES) break;
      bytes.push(chunk);
    }
    const retryAfterMs = waitAsked(response.headers.get("retry-after"), call.now());
    const text = Buffer.concat(bytes).toString("utf8");
    return { status: response.status, body: json(text), text, retryAfterMs };
  } catch (error) {
    if (signal.aborted) return { status: "none", sent: true, why: `no answer within ${call.timeoutMs / 1000} s` };
    const { code, connecting } = failure(error);
    return {
      status: "none",
      sent: !connecting,
      why: `${connecting ? "no connection" : "the connection broke"} (${code})`,
    };
  }
};

/** What an answer means that no vendor table explains: nothing sent, too many calls, or nobody knows. */
export const unexplained = (vendor: string, reply: Reply): SendOutcome => {
  if (reply.status === "none")
    return reply.sent ? unknown(`${vendor}: ${reply.why}`) : retryLater(30_000, `${vendor}: ${reply.why}`, "sender");
  if (reply.status === 429)
    return retryLater(reply.retryAfterMs ?? 5_000, `${vendor} answered 429: too many calls`, "sender");
  return unknown(`${vendor} answered ${reply.status} with something that cannot be read`);
};

/** A vendor's own words, fit for a log: without addresses, numbers and keys, and short. */
export const vendorWords = (text: string): string => {
  const plain = redactText(text.replace(/\s+/g, " ")).replace(/\d{6,}|\b[\w-]{32,}\b/g, "…");
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** RFC 9110, 10.2.3: seconds or a date. At most a day, so that a vendor's slip does not bury a message. */
export const waitAsked = (header: string | null, now: Date): number | undefined => {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 24 * 60 * 60_000);
};

const certificateFaults = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** fetch hides why in `cause`. A fault of the look-up, of connecting or of the certificate comes before the request. */
const failure = (error: unknown): { code: string; connecting: boolean } => {
  const cause = field(error, "cause") ?? error;
  const code = String(field(cause, "code") ?? "error");
  const connecting =
    ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"].includes(code) ||
    ["connect", "getaddrinfo"].includes(String(field(cause, "syscall"))) ||
    certificateFaults.test(code);
  return { code, connecting };
};

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
