/**
 * What Accolade tells other systems, by Standard Webhooks: a closed list, with the shape of each event's `data`. The rows
 * are written by triggers (migrations/0017_outgoing_events.sql); a test holds every body against the schema here.
 */
import { z } from "zod";
import { Instant } from "./events.ts";

const Money = z.strictObject({
  minor: z.int().describe("In the currency's smallest unit: cents, points"),
  currency: z.string().describe("ISO 4217, or PTS for points"),
});

const Recipient = z.strictObject({
  id: z.uuid(),
  kind: z.enum(["rep", "customer"]),
  crm: z
    .array(z.strictObject({ connection: z.string(), kind: z.string(), id: z.string() }))
    .describe("What the CRMs call them"),
  email: z.string().nullable().optional().describe("Only where the endpoint says `personal: true`"),
  name: z.string().nullable().optional().describe("Only where the endpoint says `personal: true`"),
});

const Grant = z.strictObject({
  grant: z.uuid().describe("The grant's id, as everywhere in Accolade"),
  state: z.string().describe("Where it is now: docs/operate.md lists the states"),
  before: z.string().nullable().describe("Where it was before; null where it is new"),
  rule: z.string(),
  kpi: z.string().nullable(),
  reward: z.string(),
  provider: z.string(),
  value: Money,
  budget: z.string().nullable(),
  milestone: z.strictObject({
    type: z.string().describe("`deal.won`, …"),
    connection: z.string(),
    kind: z.string().describe("Of the record: `deal`, `contact`, …"),
    id: z.string().describe("Of the record, in the CRM"),
    occurredAt: Instant,
  }),
  recipient: Recipient,
});

const Budget = z.strictObject({
  budget: z.string(),
  percent: z.int().describe("`budget.low`: the mark that was reached; `budget.empty`: how much of it is used"),
  amount: Money,
  available: Money,
});

const Dispute = z.strictObject({
  dispute: z.uuid(),
  grant: z.uuid().nullable().describe("Null: a reward that they miss"),
  outcome: z.string().nullable().describe("`approved`, `declined`, `withdrawn` or `expired`; null while it is open"),
  recipient: Recipient,
});

const Test = z.strictObject({ endpoint: z.string() });

/** Each event: when it is sent, and the shape of its `data`. */
export const outgoingEvents = {
  "grant.created": {
    when: "A rule gave a reward: it is held, waits for approval, or is about to be ordered",
    data: Grant,
  },
  "grant.changed": {
    when: "A late change corrected it before it was ordered: its value, reward or milestone",
    data: Grant,
  },
  "grant.approved": { when: "Who had to approve it did", data: Grant },
  "grant.issued": { when: "The provider supplied it", data: Grant },
  "grant.redeemed": { when: "It was used", data: Grant },
  "grant.reversed": { when: "It is no longer due: cancelled before use, or owed after it", data: Grant },
  "grant.restored": { when: "It is due again after it was reversed", data: Grant },
  "grant.declined": { when: "Who had to approve it did not", data: Grant },
  "grant.expired": { when: "Nobody approved it in time, or it was not used in time", data: Grant },
  "grant.failed": { when: "The provider refused it for good; a person has to look", data: Grant },
  "budget.low": { when: "A budget reached one of its `alert:` marks", data: Budget },
  "budget.empty": { when: "A budget has nothing left, or a reward waits for room in it", data: Budget },
  "dispute.raised": { when: "A recipient says that a reward is wrong or missing", data: Dispute },
  "dispute.decided": { when: "It was answered, withdrawn, or nobody answered in time", data: Dispute },
  "endpoint.test": { when: "You asked for it: `accolade webhooks test`", data: Test },
} as const satisfies Record<string, { when: string; data: z.ZodType }>;

export type OutgoingType = keyof typeof outgoingEvents;
export const outgoingTypes = Object.keys(outgoingEvents) as OutgoingType[];

/** What an endpoint can ask for: an event, or all of a kind as `grant.*`. */
export const outgoingWishes: readonly string[] = [
  ...new Set(
    outgoingTypes.filter((type) => type !== "endpoint.test").flatMap((type) => [type, type.replace(/\..*/, ".*")]),
  ),
].sort();

/** The events behind wishes, each once. */
export const wishedFor = (wishes: readonly string[]): OutgoingType[] =>
  outgoingTypes.filter((type) => wishes.some((wish) => wish === type || wish === type.replace(/\..*/, ".*")));
