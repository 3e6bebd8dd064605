import { z } from "zod";
import { grantStates } from "../../ledger/grant-states.ts";
import { type GrantSummary, listGrants, viewGrant } from "../../pipeline/grant-story.ts";
import { type User, userRoles } from "../../users.ts";
import { seenBy, seesAddresses } from "./addresses.ts";
import { defineRoute, refused } from "./route.ts";
import {
  AttemptShape,
  ById,
  Explained,
  Id,
  Instant,
  MoneyShape,
  MoveReasonShape,
  moneyShape,
  Name,
  Next,
  Paged,
} from "./shapes.ts";

const Summary = z.object({
  id: Id,
  state: z.enum(grantStates),
  waiting: z.string().nullable().describe("Why it does not move on"),
  rule: z.string(),
  title: z.string(),
  reward: z.string(),
  value: MoneyShape,
  subject: z.string().describe("What it was for: deal Rossi"),
  grantedAt: Instant,
  recipient: z.object({
    id: Id,
    kind: z.enum(["rep", "customer"]),
    name: z.string().nullable(),
    team: z.string().nullable(),
    email: z.string().nullable().describe("Null for a viewer"),
    phone: z.string().nullable().describe("Null for a viewer"),
  }),
});

const Story = Summary.extend({
  moves: z.array(
    z.object({
      at: Instant,
      from: z.string().nullable(),
      to: z.string(),
      actor: z.string().describe("A step of the corridor, or a person"),
      why: z.string(),
      reason: MoveReasonShape,
    }),
  ),
  attempts: z.array(AttemptShape),
  messages: z.array(
    z.object({
      kind: z.string(),
      channel: z.string(),
      sender: z.string(),
      state: z.string(),
      reason: z.string().nullable(),
      createdAt: Instant,
      sentAt: Instant.nullable(),
    }),
  ),
  explanation: z.array(Explained),
});

const summary = (grant: GrantSummary, user: User): z.input<typeof Summary> => ({
  ...grant,
  value: moneyShape(grant.value),
  recipient: seesAddresses(user) ? grant.recipient : { ...grant.recipient, email: null, phone: null },
});

export const grantRoutes = [
  defineRoute({
    method: "get",
    path: "/grants",
    summary: "Grants, newest first",
    roles: userRoles,
    query: z.strictObject({
      state: z.enum(grantStates).optional(),
      rule: Name.optional().describe("Id of a rule"),
      recipient: Id.optional(),
      ...Paged,
    }),
    answer: z.object({ grants: z.array(Summary), next: Next }),
    async handle({ corridor, user, query }) {
      const grants = await listGrants(corridor, query);
      const next = grants.length === query.limit ? (grants.at(-1)?.id ?? null) : null;
      return { answer: { grants: grants.map((grant) => summary(grant, user)), next } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/grants/{id}",
    summary:
      "One grant: what happened to it, when, by whom and why; every call to a provider or channel; the rule's lines",
    roles: userRoles,
    params: ById,
    answer: Story,
    refusals: [404],
    async handle({ corridor, user, path: { id } }) {
      const story = await viewGrant(corridor, id);
      if (!story) return refused(404, "not_found", `Found no grant ${id}, expected one that the list shows.`);
      const { moves, attempts, messages, explanation } = story;
      const texts = { moves, attempts, messages, explanation };
      return {
        answer: { ...summary(story, user), ...seenBy(user, texts) },
      };
    },
  }),
];
