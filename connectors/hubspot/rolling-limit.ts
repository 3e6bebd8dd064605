/** Waits for a turn. */
export type Turn = () => Promise<void>;

interface Clock {
  /** Milliseconds that only grow. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

const real: Clock = { now: () => performance.now(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)) };

/**
 * Lets through at most `most` turns in any `windowMs`, in the order asked. Our own, since the client package keeps the
 * limiter of the last client made for all clients of the process (ApiDecoratorService is one object).
 */
export const rollingLimit = (most: number, windowMs: number, clock: Clock = real): Turn => {
  const turns: number[] = [];
  return async () => {
    const now = clock.now();
    const oldest = turns.length < most ? undefined : turns.shift();
    const at = oldest === undefined ? now : Math.max(now, oldest + windowMs);
    turns.push(at);
    if (at > now) await clock.sleep(at - now);
  };
};
