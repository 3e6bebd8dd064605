import { z } from "zod";
import { listDebts } from "../../pipeline/debts-listed.ts";
import { forgiveDebts } from "../../pipeline/forgive-debts.ts";
import { defineRoute, refused } from "./route.ts";
import { Id, Instant, Minor } from "./shapes.ts";

const DebtShape = z.object({
  recipient: z.object({ id: Id, name: z.string().nullable(), email: z.string().nullable() }),
  grant: Id,
  rule: z.string(),
  amount: Minor.describe("Owed at first"),
  open: Minor.describe("Still owed"),
  paid: Minor.describe("Paid by later rewards"),
  promised: Minor.describe("On its way to be paid by a reward under way"),
  forgiven: Minor,
  currency: z.string(),
  since: Instant,
  why: z.string().nullable().describe("Why the reward is not due any more"),
});

export const debtRoutes = [
  defineRoute({
    method: "get",
    path: "/debts",
    summary: "What recipients owe from rewards that were used and are no longer due",
    roles: ["editor"],
    answer: z.object({ debts: z.array(DebtShape) }),
    handle: async ({ corridor }) => ({ answer: { debts: await listDebts(corridor.database) } }),
  }),
  defineRoute({
    method: "post",
    path: "/debts/{recipient}/forgive",
    summary: "Let a recipient off everything that they owe; the reason is kept with your name",
    roles: [],
    params: z.strictObject({ recipient: z.string().max(320).describe("Id or email address") }),
    body: z.strictObject({ why: z.string().trim().min(1).max(500) }),
    answer: z.object({
      recipient: z.string(),
      forgiven: z.array(z.object({ grant: Id, minor: Minor, currency: z.string() })),
    }),
    refusals: [404],
    async handle({ corridor, user, path: { recipient }, body: { why } }) {
      const done = await corridor.database.transaction((tx) => forgiveDebts(tx, recipient, why, user.email));
      if (!done.ok) return refused(404, "not_found", done.problem);
      const forgiven = done.debts.map(({ grant_id, open_minor, currency }) => ({
        grant: grant_id,
        minor: open_minor,
        currency,
      }));
      return { answer: { recipient: done.recipient, forgiven } };
    },
  }),
];
