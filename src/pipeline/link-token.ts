/** Tokens in links to recipients: signed, with an end, revocable by raising a version, and bound to one purpose. */
import type { Sealer } from "../sealer.ts";

export interface LinkToken {
  /** A UUID. */
  id: string;
  version: number;
  expiresAt: Date;
}

/** About 80 characters that are safe in a URL. */
export const writeLinkToken = (sealer: Sealer, purpose: string, { id, version, expiresAt }: LinkToken): string => {
  const short = Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
  const text = [short, version.toString(36), Math.floor(expiresAt.getTime() / 1000).toString(36)].join(".");
  return `${text}.${sealer.sign(text, purpose)}`;
};

/** Undefined for whatever we did not sign for this purpose. Whether it is still valid is for the caller to see. */
export const readLinkToken = (sealer: Sealer, purpose: string, token: string): LinkToken | undefined => {
  const match = /^(([\w-]{22})\.([0-9a-z]{1,8})\.([0-9a-z]{1,10}))\.([\w-]{20,90})$/.exec(token);
  if (!match) return undefined;
  const [, text = "", id = "", version = "", expiry = "", signature = ""] = match;
  if (!sealer.signed(text, signature, purpose)) return undefined;
  const hex = Buffer.from(id, "base64url").toString("hex");
  return {
    id: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-"),
    version: Number.parseInt(version, 36),
    expiresAt: new Date(Number.parseInt(expiry, 36) * 1000),
  };
};
