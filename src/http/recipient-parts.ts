/** What the pages of recipients show and take, from the corridor. */
import { revealClaim, viewClaim } from "../pipeline/claim.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { raiseDispute } from "../pipeline/disputes.ts";
import type { HttpParts } from "./parts.ts";

export const recipientParts = (corridor: Corridor): Pick<HttpParts, "claim" | "reveal" | "dispute"> => ({
  claim: (token) => viewClaim(corridor, token),
  reveal: (token) => revealClaim(corridor, token),
  dispute: (token, complaint) => raiseDispute(corridor, token, complaint),
});
