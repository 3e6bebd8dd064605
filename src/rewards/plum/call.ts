/** How one call to Plum ended. `body` is parsed JSON, or undefined where it was none. */
export type Reply =
  | { status: number; body: unknown }
  /** `sent: false` only where it is certain that no byte of the request left. */
  | { status: "none"; sent: boolean; why: string };

export interface Call {
  url: string;
  body: unknown;
  token?: string;
  /** For the whole call, the answer's last byte included. */
  timeoutMs: number;
}

const MOST_BYTES = 20_000_000;

/** Posts JSON. Never throws; follows no redirect, which would carry the token to another address. */
export const call = async ({ url, body, token, timeoutMs }: Call): Promise<Reply> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
    const bytes: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength;
      if (length > MOST_BYTES) return { status: response.status, body: undefined };
      bytes.push(chunk);
    }
    return { status: response.status, body: json(Buffer.concat(bytes).toString("utf8")) };
  } catch (error) {
    if (signal.aborted) return { status: "none", sent: true, why: `no answer within ${timeoutMs / 1000} s` };
    const code = codeOf(error);
    return { status: "none", sent: !neverLeft.has(code), why: `the connection failed (${code})` };
  }
};

/** How a call without a usable answer ended, for a person. */
export const inWords = (reply: Reply): string => {
  if (reply.status === "none") return reply.why;
  return reply.status === 200 ? "it answered with something that cannot be read" : `it answered ${reply.status}`;
};

/** The connection, the name look-up or the certificate failed, so nothing was sent. */
const neverLeft = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** fetch hides why in `cause`. */
const codeOf = (error: unknown): string => String(field(field(error, "cause") ?? error, "code") ?? "error");

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
