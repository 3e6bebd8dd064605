import { z } from "zod";
import type { Corridor } from "../../pipeline/corridor.ts";
import { explainEvent, explainGrant } from "../../pipeline/explain.ts";
import { explainRecipient } from "../../pipeline/explain-recipient.ts";
import { explainLanguages, wordsIn } from "../../pipeline/explain-texts/index.ts";
import { eventLines, grantLines, recipientLines, type Teller } from "../../pipeline/explain-words.ts";
import { userRoles } from "../../users.ts";
import { seenBy } from "./addresses.ts";
import { defineRoute, refused } from "./route.ts";
import { Id, Instant, Line, Minor, MoveReasonShape } from "./shapes.ts";

const Query = z.strictObject({
  lang: z.enum(explainLanguages).optional().describe("Language of `lines`; left out: the workspace's"),
});
const Lines = z.array(z.string()).describe("For people, in the language that was asked for");
const Value = z.object({ minor: Minor, currency: z.string() });

const Grant = z.object({
  id: Id,
  rule: z.string(),
  recipient: z.string(),
  value: Value,
  state: z.string(),
  standing: z.array(z.looseObject({ what: z.string() })).describe("What keeps it back, or took it away"),
});
const Stop = z.object({
  rule: z.string(),
  recipient: z.string(),
  value: Value,
  reason: z.enum(["once", "limit", "budget"]),
  detail: z.looseObject({}).describe("By whom or what it was stopped, and how much was used"),
});
const Part = z.object({
  kind: z.enum(["grant", "stopped", "nobody", "no_value", "nothing"]),
  to: z.string(),
  grant: Grant.optional(),
  earlier: z.boolean().optional().describe("Made for an earlier milestone of the same record"),
  stop: Stop.optional(),
  why: z.string().optional(),
});
const Milestone = z.object({
  id: z.number().int(),
  type: z.string(),
  connection: z.string(),
  subject: z.string(),
  occurredAt: Instant,
  eventId: z.number().int().nullable(),
  withdrawn: z.boolean().describe("A change that arrived later showed that it was not so"),
  window: z
    .object({ from: z.string(), until: z.string(), ended: z.boolean().describe("Judged as a whole, as of its end") })
    .nullable()
    .describe("Of a metric: its first day, and the first day after it"),
  rules: z.array(
    z.object({
      rule: z.string(),
      verdict: z.string(),
      lines: z.array(
        Line.extend({
          missedBy: z.object({ asked: z.number(), seen: z.number(), by: z.number() }).optional(),
        }),
      ),
      parts: z.array(Part),
    }),
  ),
});
const Event = z.object({
  id: z.number().int(),
  connection: z.string(),
  type: z.string(),
  subject: z.string(),
  occurredAt: Instant,
  receivedAt: Instant,
  state: z.string(),
  reason: z.string().nullable(),
});
const Move = z.object({
  from: z.string().nullable(),
  to: z.string(),
  actor: z.string(),
  why: z.string(),
  reason: MoveReasonShape,
  at: Instant,
});

const tellerFor = ({ workspace }: Corridor, lang: string | undefined): Teller => ({
  words: wordsIn(lang ?? workspace.language),
  timeZone: workspace.timeZone,
});

export const explainRoutes = [
  defineRoute({
    method: "get",
    path: "/explain/{what}",
    summary: "Why an event or a grant did or did not lead to a reward: in words, and every line with what it saw",
    roles: userRoles,
    params: z.strictObject({
      what: z
        .string()
        .regex(
          /^([1-9]\d{0,14}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
          "expected the number of an event or the id of a grant",
        )
        .describe("The number of an event, or the id of a grant"),
    }),
    query: Query,
    answer: z.object({
      lines: Lines,
      event: Event.nullable().describe("Where an event was asked for"),
      grant: Grant.nullable().describe("Where a grant was asked for"),
      milestones: z.array(Milestone),
      moves: z.array(Move).describe("Of the grant"),
    }),
    refusals: [404],
    async handle({ corridor, user, path: { what }, query: { lang } }) {
      const missing = refused(404, "not_found", `Found no event or grant ${what}, expected one that there is.`);
      if (!corridor.rules.loaded()) return missing;
      const teller = tellerFor(corridor, lang);
      if (/^\d+$/.test(what)) {
        const found = await explainEvent(corridor, Number(what));
        if (!found) return missing;
        const { event, milestones } = found;
        const times = { occurredAt: event.occurredAt.toISOString(), receivedAt: event.receivedAt.toISOString() };
        const answer = { event: { ...event, ...times }, grant: null, milestones, moves: [] };
        return { answer: seenBy(user, { ...answer, lines: eventLines(teller, found) }) };
      }
      const found = await explainGrant(corridor, what);
      if (!found) return missing;
      const moves = found.moves.map((move) => ({ ...move, at: move.at.toISOString() }));
      const answer = { event: null, grant: found.grant, milestones: [found.milestone], moves };
      return { answer: seenBy(user, { ...answer, lines: grantLines(teller, found) }) };
    },
  }),
  defineRoute({
    method: "get",
    path: "/recipients/{recipient}/explain",
    summary: "Why somebody got what they got, and for every rule in force how near they came to it last",
    roles: userRoles,
    params: z.strictObject({
      recipient: z
        .string()
        .max(320)
        .describe("Id, email address, or a key such as hub/user/77 with %2F for each slash"),
    }),
    query: Query,
    answer: z.object({
      lines: Lines,
      recipient: z.object({
        id: Id,
        name: z.string().nullable(),
        email: z.string().nullable().describe("Null for a viewer"),
        keys: z.array(z.string()),
      }),
      grants: z.array(Grant).describe("The newest"),
      stops: z.array(Stop),
      rules: z.array(
        z.object({
          rule: z.string(),
          on: z.string(),
          grants: z.number().int(),
          nearest: Milestone.nullable().describe("What came nearest to it lately"),
        }),
      ),
    }),
    refusals: [404],
    async handle({ corridor, user, path: { recipient }, query: { lang } }) {
      const found = corridor.rules.loaded() ? await explainRecipient(corridor, recipient) : undefined;
      if (!found) return refused(404, "not_found", "Found nobody of this id or address, expected a recipient.");
      const seen = seenBy(user, { ...found, lines: recipientLines(tellerFor(corridor, lang), found) });
      // an address that is half struck out is still one
      const email = seen.recipient.email === found.recipient.email ? found.recipient.email : null;
      return { answer: { ...seen, recipient: { ...seen.recipient, email } } };
    },
  }),
];
