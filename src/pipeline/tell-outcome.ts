/** What follows from an endpoint's answer, by Standard Webhooks (spec/standard-webhooks.md, "Delivery", "Retry schedule"). */
import type { OutsideAnswer } from "../public-address.ts";
import { redactText } from "../redact.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The pause after each try; after the last there is none. About three and a half days in all. */
const pauses = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
export const MOST_TRIES = pauses.length + 1;
const LONGEST_PAUSE = 24 * HOUR;
/** An endpoint that is not well and does not say for how long. */
const SLOW_DOWN = 30 * SECOND;
const slowing: ReadonlySet<number> = new Set([429, 502, 504]);

export type Told =
  | { told: "delivered"; status: number }
  | { told: "gone"; status: 410; detail: string }
  | {
      told: "failed";
      status: number | null;
      detail: string;
      /** For how long the endpoint wants no call at all; 0 where it does not say. */
      quietMs: number;
    };

export const toldBy = (answer: OutsideAnswer, now: Date): Told => {
  if ("refused" in answer) return { told: "failed", status: null, detail: `not called: ${answer.refused}`, quietMs: 0 };
  if ("failed" in answer) return { told: "failed", status: null, detail: answer.failed, quietMs: 0 };
  const { status, headers, text } = answer;
  if (status >= 200 && status < 300) return { told: "delivered", status };
  const detail = `answered ${status}${said(text)}`;
  if (status === 410) return { told: "gone", status, detail };
  const asked = retryAfterMs(headers["retry-after"], now);
  return { told: "failed", status, detail, quietMs: asked ?? (slowing.has(status) ? SLOW_DOWN : 0) };
};

/** When to try again after this many tries, or null: enough. `random` from 0 to 1 spreads those that failed together. */
export const nextTry = (tries: number, quietMs: number, random: number): number | null => {
  const pause = pauses[tries - 1];
  return pause === undefined ? null : Math.max(Math.round(pause * (1 + random / 5)), quietMs);
};

/** Seconds, or a date (RFC 9110, 10.2.3). */
const retryAfterMs = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.min(LONGEST_PAUSE, Math.max(0, ms)) : undefined;
};

const LONGEST_WORDS = 200;
const said = (text: string) => {
  const line = redactText(text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()).slice(0, LONGEST_WORDS);
  return line === "" ? "" : `: ${line}`;
};
