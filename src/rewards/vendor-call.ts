/** How one call to a vendor's API ended. `body` is whatever came back: text where it was no JSON. */
export type Reply =
  | { status: number; body: unknown; retryAfter: string | undefined }
  /** `sent: false` only where it is certain that no byte of the request left. */
  | { status: "none"; sent: boolean; why: string };

interface Request {
  method: "GET" | "POST" | "DELETE";
  url: string;
  /** With the credentials: they go to this address and to no other. */
  headers: Readonly<Record<string, string>>;
  body?: unknown;
  timeoutMs: number;
  /** Of the answer. Default: 1 MB. */
  mostBytes?: number;
}

/** Runs one call under a time limit, answer included, and gives back how it ended. Never throws, follows no redirect. */
export const vendorCall = async ({ method, url, headers, body, timeoutMs, mostBytes }: Request): Promise<Reply> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // another address would be sent the credentials
      redirect: "manual",
      signal,
    });
    const text = await textOf(response, mostBytes ?? 1_000_000);
    return {
      status: response.status,
      body: parsed(text),
      retryAfter: response.headers.get("retry-after") ?? undefined,
    };
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

/** What the answer to a vendor's `Retry-After` asks for: seconds or an HTTP date; at least `atLeastMs`, at most an hour. */
export const waitOf = (retryAfter: string | undefined, atLeastMs: number, now: Date): number => {
  const seconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : Number.NaN;
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter ?? "") - now.getTime() : seconds * 1_000;
  return Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, atLeastMs), 3_600_000);
};

/** A vendor's words may repeat what we sent: addresses, numbers, links and credentials stay out of our rows and logs. */
export const withoutSecrets = (text: string, credentials: readonly string[]): string =>
  credentials
    .reduce((said, credential) => said.replaceAll(credential, "…"), text)
    .replace(/\S+@\S+/g, "…")
    .replace(/https?:\/\/\S+/gi, "…")
    .replace(/\+?\d[\d\s().-]{6,}\d/g, "…")
    .slice(0, 300);

/** The connection or the name lookup failed, so nothing was sent. */
const neverLeft = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** `fetch` hides why in the cause; where several addresses were tried, in the first of its errors. By shape, not by class. */
const codeOf = (error: unknown): string => {
  const { cause, code, errors } = Object(error) as { cause?: unknown; code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  if (Array.isArray(errors)) return codeOf(errors[0]);
  return cause === undefined ? "error" : codeOf(cause);
};

const textOf = async (response: Response, mostBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
