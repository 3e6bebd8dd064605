/** How one call to Tremendous ended. `body` is whatever came back: text where it was no JSON. */
export type Reply =
  | { status: number; body: unknown; retryAfter: string | undefined }
  /** `sent: false` only where it is certain that no byte of the request left. */
  | { status: "none"; sent: boolean; why: string };

interface CallOptions {
  signal: AbortSignal;
  maxRedirects: 0;
  maxContentLength: number;
  validateStatus: () => true;
}

interface VendorResponse {
  status: number;
  data: unknown;
  headers: Readonly<Record<string, unknown>>;
}

/**
 * Runs one call of the SDK under a time limit and gives back how it ended. Never throws and never passes the SDK's own
 * error on: it holds the request with its key. The SDK keeps no default options that it is given, so they go with each call.
 */
export const call = async (
  timeoutMs: number,
  send: (options: CallOptions) => Promise<VendorResponse>,
  mostBytes = 1_000_000,
): Promise<Reply> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    // no redirects: they would carry the key to another address
    const { status, data, headers } = await send({
      signal,
      maxRedirects: 0,
      maxContentLength: mostBytes,
      validateStatus: () => true,
    });
    const retryAfter = headers["retry-after"];
    return { status, body: data, retryAfter: typeof retryAfter === "string" ? retryAfter : undefined };
  } catch (error) {
    if (signal.aborted) return { status: "none", sent: true, why: `no answer within ${timeoutMs / 1000} s` };
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "error";
    return { status: "none", sent: !neverLeft.has(code), why: `the connection failed (${code})` };
  }
};

/** The connection or the name lookup failed, so nothing was sent. */
const neverLeft = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** How a call without a usable answer ended, for a person. */
export const inWords = (reply: Reply): string => {
  if (reply.status === "none") return reply.why;
  return reply.status === 200 ? "it answered with something that cannot be read" : `it answered ${reply.status}`;
};
