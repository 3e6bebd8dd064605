/** Posts one request as a CRM would: what is put off is sent again later, what is refused is not. */
export type Posted =
  | { taken: true; again: number }
  /** `status` undefined: nobody answered. */
  | { taken: false; status: number | undefined; again: number };

export interface Request {
  headers: Record<string, string>;
  body: string;
}

const ANSWER_WITHIN_MS = 30_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * `pack` makes the request anew for each attempt, numbered from 0: signatures carry the time. Gives up after `patienceMs`
 * of being put off or not being answered.
 */
export const post = async (
  url: string,
  pack: (attempt: number) => Request,
  patienceMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<Posted> => {
  const started = performance.now();
  for (let again = 0; ; again++) {
    const answer = await once(url, pack(again));
    if (answer.status !== undefined && answer.status >= 200 && answer.status < 300) return { taken: true, again };
    const worthIt = answer.status === undefined || answer.status === 429 || answer.status >= 500;
    const pause = answer.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, 200 * 2 ** again);
    if (!worthIt || performance.now() - started + pause > patienceMs)
      return { taken: false, status: answer.status, again };
    await sleep(pause);
  }
};

const once = async (url: string, { headers, body }: Request) => {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.arrayBuffer();
    return { status: response.status, retryAfterMs: pauseOf(response.headers.get("retry-after")) };
  } catch {
    return { status: undefined, retryAfterMs: undefined };
  }
};

/** Seconds, or a date (RFC 9110). */
const pauseOf = (retryAfter: string | null): number | undefined => {
  if (retryAfter === null) return undefined;
  const ms = /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, Math.min(ms, 60_000));
};
