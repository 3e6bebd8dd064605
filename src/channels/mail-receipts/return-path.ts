/**
 * The address that bounces of one message come back to: `bounce+<token>@example.com`. The token is signed, so that nobody
 * can make a message of ours bounce that they did not get. Lower-case letters and digits only: servers on the way may
 * change the case, and a local part holds 64 characters (RFC 5321, 4.5.3.1.1).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const SIGNATURE_LENGTH = 16;

/** 42 characters for a message id. */
export const writeReturnToken = (secret: string, messageId: string): string => {
  const id = base32(Buffer.from(messageId.replaceAll("-", ""), "hex"));
  return id + signature(secret, id);
};

/** The message id, or undefined for whatever we did not sign. */
export const readReturnToken = (secret: string, token: string): string | undefined => {
  const text = token.toLowerCase();
  if (!/^[a-z2-7]{42}$/.test(text)) return undefined;
  const id = text.slice(0, -SIGNATURE_LENGTH);
  if (!timingSafeEqual(Buffer.from(text.slice(-SIGNATURE_LENGTH)), Buffer.from(signature(secret, id))))
    return undefined;
  const hex = fromBase32(id).toString("hex").slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

/** Every token that stands in a mail, in an address or in our own header. */
export const returnTokensIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/(?:\+|X-Accolade-Message:\s*)([a-z2-7]{42})(?![a-z\d])/gi)].map((match) => match[1] ?? ""),
  ),
];

const signature = (secret: string, id: string) =>
  base32(createHmac("sha256", secret).update(`return-path\n${id}`).digest()).slice(0, SIGNATURE_LENGTH);

const base32 = (bytes: Buffer): string => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
};

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((sign) => ALPHABET.indexOf(sign).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
};
