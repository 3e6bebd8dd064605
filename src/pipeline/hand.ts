/** What a person does with a grant by hand: who it is, and the reason that they give for it. */
import { decides, sameAddress, type User } from "../users.ts";
import type { GrantView } from "./grant-view.ts";
import { tidyText } from "./tidy-text.ts";

export interface Hand {
  /** Null for somebody on the command line, who can reach the database anyway. */
  user: User | null;
  /** What is kept with the grant: their email address, or whom the machine knows them as. */
  name: string;
  because: string;
}

export interface HandRefused {
  ok: false;
  code: "not_found" | "not_yours" | "own" | "no_reason" | "state" | "not_due" | "no_room" | "may_stand" | "stays";
  /** What was found and what was expected, for a person. */
  message: string;
}

export const refusedByHand = (code: HandRefused["code"], message: string): HandRefused => ({
  ok: false,
  code,
  message,
});

const LONGEST = 200;

/** The reason on one line, as it is kept; or why there is none. */
export const reasonGiven = ({ because }: Hand): string | HandRefused => {
  const said = tidyText(because).replaceAll(/\s+/g, " ");
  if (said === "") return refusedByHand("no_reason", "found no reason, expected one: it is kept with the grant");
  return said.length <= LONGEST
    ? said
    : refusedByHand("no_reason", `found a reason of ${said.length} characters, expected at most ${LONGEST}`);
};

/** Why this person may not; undefined where they may. */
export const mayNot = ({ user }: Hand, { recipient, situation }: GrantView): HandRefused | undefined => {
  if (!user) return undefined;
  if (!decides(user))
    return refusedByHand(
      "not_yours",
      `found ${user.name} (${[...user.roles].join(", ")}), expected somebody with the role approver or admin`,
    );
  if (sameAddress(user.email, recipient.email) || sameAddress(user.email, situation.owner?.email ?? null))
    return refusedByHand("own", "this is a reward of your own, or for a deal of yours: somebody else has to do it");
  return undefined;
};
