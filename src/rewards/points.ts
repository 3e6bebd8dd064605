import { z } from "zod";
import { defineProvider } from "./provider.ts";

/** Points that we keep ourselves: the balance is a ledger account of the recipient, booked by the corridor. */
export const points = defineProvider({
  id: "points",
  label: "Points",
  settings: z.strictObject({}),
  secrets: [],
  options: z.strictObject({}),
  supplies: "points",
  open: () => ({
    order: async (request) => ({ outcome: "accepted", reference: request.key, content: { kind: "points" } }),
    // nothing is kept outside of our own ledger, so the same order can always be placed again without harm
    lookup: async () => ({ found: false }),
    // whether the balance still has them is for the corridor to see, in the transaction that books them back
    cancel: async () => ({ outcome: "cancelled" }),
    settleAfterMs: 0,
    longestCallMs: 5_000,
    check: async () => [{ ok: true, what: "points", detail: "kept in this database" }],
  }),
});
