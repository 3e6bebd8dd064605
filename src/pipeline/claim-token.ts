/** The token of a claim link: signed, expiring, revocable (each grant counts its versions). It holds no personal data. */
import type { Sealer } from "../sealer.ts";

export interface ClaimToken {
  grantId: string;
  version: number;
  expiresAt: Date;
}

const PURPOSE = "claim";

/** About 80 characters of `A-Z a-z 0-9 - _ .`, short enough for an SMS. */
export const writeClaimToken = (sealer: Sealer, { grantId, version, expiresAt }: ClaimToken): string => {
  const id = Buffer.from(grantId.replaceAll("-", ""), "hex").toString("base64url");
  const text = [id, version.toString(36), Math.floor(expiresAt.getTime() / 1000).toString(36)].join(".");
  return `${text}.${sealer.sign(text, PURPOSE)}`;
};

/** Undefined for whatever we did not sign. Whether it is still valid is for the caller to see. */
export const readClaimToken = (sealer: Sealer, token: string): ClaimToken | undefined => {
  const match = /^(([\w-]{22})\.([0-9a-z]{1,8})\.([0-9a-z]{1,10}))\.([\w-]{20,90})$/.exec(token);
  if (!match) return undefined;
  const [, text = "", id = "", version = "", expiry = "", signature = ""] = match;
  if (!sealer.signed(text, signature, PURPOSE)) return undefined;
  const hex = Buffer.from(id, "base64url").toString("hex");
  return {
    grantId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-"),
    version: Number.parseInt(version, 36),
    expiresAt: new Date(Number.parseInt(expiry, 36) * 1000),
  };
};
