/** The link to a recipient's own page: all their rewards, their points and what they want. It begins with `p.`, which no claim link does. */
import type { Sealer } from "../sealer.ts";
import { type LinkToken, readLinkToken, writeLinkToken } from "./link-token.ts";

const PURPOSE = "person";
const MARK = "p.";

export const isPersonToken = (token: string): boolean => token.startsWith(MARK);

export const writePersonToken = (sealer: Sealer, token: LinkToken): string =>
  MARK + writeLinkToken(sealer, PURPOSE, token);

export const readPersonToken = (sealer: Sealer, token: string): LinkToken | undefined =>
  isPersonToken(token) ? readLinkToken(sealer, PURPOSE, token.slice(MARK.length)) : undefined;
