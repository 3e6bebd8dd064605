/**
 * Standard Webhooks 1.0.0, the receiving side: https://github.com/standard-webhooks/standard-webhooks (spec/standard-webhooks.md).
 * Our own few lines, because the `standardwebhooks` package reads the system clock and ours is handed in.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { RawRequest } from "./connector.ts";

/** The specification asks for 24 to 64 random bytes behind the prefix. */
const Secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, "expected whsec_ followed by base64, as `openssl rand -base64 32` prints it")
  .refine((text) => {
    const { length } = keyOf(text);
    return length >= 24 && length <= 64;
  }, "expected 24 to 64 bytes behind whsec_");

/** One secret, or several while one replaces another; read as a list. */
export const SigningSecrets = z
  .union([Secret, z.array(Secret).min(1).max(5)])
  .transform((given) => (typeof given === "string" ? [given] : given));

const keyOf = (secret: string) => Buffer.from(secret.slice("whsec_".length), "base64");

const toleranceSeconds = 5 * 60;

/**
 * Null where one of the signatures was made with one of the secrets less than five minutes from `now`;
 * else the reason as a slug. Compares in constant time.
 */
export const signatureProblem = (request: RawRequest, secrets: readonly string[], now: Date): string | null => {
  const id = request.headers["webhook-id"];
  const timestamp = request.headers["webhook-timestamp"];
  const signatures = request.headers["webhook-signature"];
  if (!id || !timestamp || !signatures) return "signature-missing";
  if (!/^\d{1,12}$/.test(timestamp)) return "timestamp-malformed";
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) return "timestamp-stale";
  const given = signatures.split(" ").slice(0, 10);
  const matches = secrets.some((secret) => {
    const mac = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(request.body).digest("base64");
    const expected = Buffer.from(`v1,${mac}`);
    return given.some((entry) => {
      const bytes = Buffer.from(entry);
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    });
  });
  return matches ? null : "signature-wrong";
};
