/** Why a reward is not due any more, as its recipient is told in their own language. */
export type UndoneReason = "lost" | "reopened" | "deleted" | "owner" | "amount" | "refunded" | "other";

const signs: readonly (readonly [UndoneReason, RegExp])[] = [
  ["refunded", /\brefund/i],
  ["lost", /\blost\b/i],
  ["reopened", /\breopened\b/i],
  ["deleted", /\b(deleted|merged)\b/i],
  ["owner", /\bowner\b/i],
  ["amount", /\bamount\b/i],
];

/** From `grants.undone_why`, which is English and meant for the admin. What it does not know is `other`, never shown as it is. */
export const undoneReason = (why: string | null): UndoneReason =>
  signs.find(([, sign]) => sign.test(why ?? ""))?.[0] ?? "other";
