/** The token of a claim link: signed, expiring, revocable (each grant counts its versions). It holds no personal data. */
import type { Sealer } from "../sealer.ts";
import { readLinkToken, writeLinkToken } from "./link-token.ts";

export interface ClaimToken {
  grantId: string;
  version: number;
  expiresAt: Date;
}

const PURPOSE = "claim";

/** About 80 characters of `A-Z a-z 0-9 - _ .`, short enough for an SMS. */
export const writeClaimToken = (sealer: Sealer, { grantId: id, version, expiresAt }: ClaimToken): string =>
  writeLinkToken(sealer, PURPOSE, { id, version, expiresAt });

/** Undefined for whatever we did not sign. Whether it is still valid is for the caller to see. */
export const readClaimToken = (sealer: Sealer, token: string): ClaimToken | undefined => {
  const read = readLinkToken(sealer, PURPOSE, token);
  return read && { grantId: read.id, version: read.version, expiresAt: read.expiresAt };
};
