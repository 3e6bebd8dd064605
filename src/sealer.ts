/**
 * Encryption at rest for reward codes and tokens: AES-256-GCM with keys derived from ACCOLADE_SECRET_KEY. The newest key
 * seals; older ones still open what they sealed, so a key is rotated by putting the new one first.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

export interface Sealer {
  /** `purpose` is bound to the bytes: what was sealed for one purpose cannot be opened for another. */
  seal(text: string, purpose: string): Buffer;
  /** Throws where no key fits or a byte was changed. */
  open(sealed: Buffer, purpose: string): string;
  /** Keyed hash, hex: finds equal values without keeping them. By the oldest key, so that rotation does not change it. */
  digest(text: string, purpose: string): string;
  /** Signature for a token, base64url. */
  sign(text: string, purpose: string): string;
  /** Whether any key made this signature; in constant time. */
  signed(text: string, signature: string, purpose: string): boolean;
}

const VERSION = 1;

/** `secrets`: newest first, each at least 32 characters of randomness. */
export const createSealer = (secrets: readonly string[]): Sealer => {
  if (secrets.length === 0) throw new Error("a sealer needs at least one secret key");
  const derive = (secret: string, use: string) => Buffer.from(hkdfSync("sha256", secret, "", `accolade/${use}`, 32));
  const keys = secrets.map((secret) => {
    const key = derive(secret, "seal");
    return { key, id: createHmac("sha256", key).update("id").digest().subarray(0, 4), mac: derive(secret, "mac") };
  });
  const newest = keys[0] as (typeof keys)[number];
  const oldest = keys.at(-1) as (typeof keys)[number];
  const mac = (key: Buffer, text: string, purpose: string) =>
    createHmac("sha256", key).update(`${purpose}\n${text}`).digest();

  return {
    seal(text, purpose) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", newest.key, iv).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), newest.id, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, purpose) {
      const id = sealed.subarray(1, 5);
      const known = keys.find((each) => each.id.equals(id));
      if (sealed[0] !== VERSION || !known)
        throw new Error(
          "sealed with a key that is not in ACCOLADE_SECRET_KEY: add the old key after the new one, separated by a comma",
        );
      const decipher = createDecipheriv("aes-256-gcm", known.key, sealed.subarray(5, 17))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(sealed.subarray(17, 33));
      return Buffer.concat([decipher.update(sealed.subarray(33)), decipher.final()]).toString("utf8");
    },
    digest: (text, purpose) => mac(oldest.mac, text, purpose).toString("hex"),
    sign: (text, purpose) => mac(newest.mac, text, purpose).toString("base64url"),
    signed(text, signature, purpose) {
      // as text: base64url has spare bits at its end, and several spellings of one signature would all fit
      const given = Buffer.from(signature);
      return keys.some(({ mac: key }) => {
        const expected = Buffer.from(mac(key, text, purpose).toString("base64url"));
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
};
