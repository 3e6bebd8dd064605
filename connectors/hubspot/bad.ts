import { createHash } from "node:crypto";
import type { BadEvent, Unpacked } from "../connector.ts";

export const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

/** What was found, without repeating what may be personal. */
const describe = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value)}`;
};

/** Keeps what could not be understood, under a key that the same content always gets, whichever attempt brought it. */
export const badEvent = (raw: unknown, place: string, found: unknown, expected: string): Unpacked => {
  const stable = typeof raw === "object" && raw !== null && !Array.isArray(raw) ? { ...raw, attemptNumber: 0 } : raw;
  const key = `hs:bad:${sha256(Buffer.isBuffer(raw) ? raw : (JSON.stringify(stable) ?? "nothing"))}`;
  const bad: BadEvent = { key, place, found: describe(found), expected };
  return { bad };
};
