import { z } from "zod";
import { findPerson } from "../../people/find-person.ts";
import { wordFields } from "../../people/person-words.ts";
import { eraseNamed } from "../../pipeline/erase-asked.ts";
import { exportPerson } from "../../pipeline/export-person.ts";
import { listOrphans } from "../../pipeline/orphans.ts";
import { type ListedPerson, listPeople, showPerson } from "../../pipeline/people-listed.ts";
import { revokeLinks } from "../../pipeline/revoke-links.ts";
import { type User, userRoles } from "../../users.ts";
import { seenBy, seesAddresses } from "./addresses.ts";
import { defineRoute, refused } from "./route.ts";
import { Id, Instant, Minor, Next, Paged } from "./shapes.ts";

const Listed = z.object({
  id: Id,
  kind: z.enum(["rep", "customer"]),
  name: z.string().nullable(),
  email: z.string().nullable().describe("Null for a viewer"),
  phone: z.string().nullable().describe("Null for a viewer"),
  language: z.string().nullable(),
  timeZone: z.string().nullable(),
  team: z.string().nullable(),
  manager: z.string().nullable().describe("Their manager's name"),
  preferredChannel: z.string().nullable(),
  quietHours: z.string().nullable().describe("Their own, 20:00-09:00 or off; null: the workspace's"),
  private: z.boolean(),
  erased: z.boolean(),
  keys: z.array(z.string()).describe("connection/kind/crm id"),
  grants: z.number().int(),
});

const Shown = Listed.extend({
  words: z.array(z.object({ field: z.enum(wordFields), source: z.string(), value: z.string(), counts: z.boolean() })),
  consents: z.array(
    z.object({
      channel: z.string(),
      category: z.string(),
      status: z.enum(["in", "out", "works", "fails"]).describe("works, fails: what became of messages to the address"),
      source: z.string(),
      evidence: z.string().nullable(),
      at: Instant,
      until: Instant.nullable().describe("No longer counts from then on"),
    }),
  ),
  devices: z.number().int(),
  points: Minor,
});

const seen = <Person extends ListedPerson>(user: User, person: Person): Person =>
  seesAddresses(user) ? person : seenBy(user, { ...person, email: null, phone: null });

const Who = z.strictObject({
  who: z.string().max(320).describe("Id, email address, phone number, or connection%2Fuser%2Fid"),
});

export const peopleRoutes = [
  defineRoute({
    method: "get",
    path: "/people",
    summary: "Everybody who can be rewarded, by name",
    roles: userRoles,
    query: z.strictObject({ kind: z.enum(["rep", "customer"]).optional(), ...Paged }),
    answer: z.object({ people: z.array(Listed), next: Next }),
    async handle({ corridor, user, query }) {
      const people = await listPeople(corridor.database, query);
      const next = people.length === query.limit ? (people.at(-1)?.id ?? null) : null;
      return { answer: { people: people.map((each) => seen(user, each)), next } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/people/orphans",
    summary: "Owners and contacts whom rules reward and who cannot be told: why, and what to do",
    roles: userRoles,
    answer: z.object({
      orphans: z.array(
        z.object({
          what: z.enum(["owner", "contact", "manager", "recipient"]),
          key: z.string(),
          name: z.string().nullable(),
          records: z.number().int().describe("Deals; of a recipient, rewards"),
          rules: z.array(z.string()),
          reason: z.enum(["unknown", "no_address", "bad_phone", "not_wanted", "failed", "erased", "no_manager"]),
          words: z.string(),
          todo: z.string(),
        }),
      ),
    }),
    handle: async ({ corridor, user }) => ({ answer: { orphans: seenBy(user, await listOrphans(corridor)) } }),
  }),
  defineRoute({
    method: "get",
    path: "/people/{who}",
    summary: "One person: what is known and from where, what they agreed to, their points",
    roles: userRoles,
    params: Who,
    answer: Shown,
    refusals: [404],
    async handle({ corridor, user, path: { who } }) {
      const shown = await showPerson(corridor, who);
      if (!shown.ok) return refused(404, "not_found", shown.problem);
      const { words, ...rest } = shown.person;
      const hidden = seesAddresses(user) ? words : words.filter(({ field }) => field !== "email" && field !== "phone");
      return { answer: seen(user, { ...rest, words: hidden }) };
    },
  }),
  defineRoute({
    method: "get",
    path: "/people/{who}/export",
    summary: "Everything that is held of one person, for who asks for their data",
    roles: [],
    params: Who,
    answer: z.looseObject({ exportedAt: Instant }),
    refusals: [404],
    async handle({ corridor, path: { who } }) {
      const found = await findPerson(corridor.database, who);
      const held = found.ok ? await exportPerson(corridor, found.person.id) : undefined;
      if (!held) return refused(404, "not_found", found.ok ? "found nobody" : found.problem);
      return { answer: { ...held } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/people/{who}/erase",
    summary: "Forget one person for ever: money rows stay without them, and their address is not written to again",
    roles: [],
    params: Who,
    body: z.strictObject({ confirm: z.literal(true).describe("It cannot be undone") }),
    answer: z.object({ recipient: Id }),
    refusals: [404],
    async handle({ corridor, path: { who } }) {
      const erased = await eraseNamed(corridor, who);
      return erased.ok ? { answer: { recipient: erased.recipient } } : refused(404, "not_found", erased.problem);
    },
  }),
  defineRoute({
    method: "post",
    path: "/people/{who}/revoke",
    summary: "Make every link that one person ever got stop working",
    roles: ["editor"],
    params: Who,
    answer: z.object({ recipient: z.string() }),
    refusals: [404],
    async handle({ corridor, path: { who } }) {
      const revoked = await revokeLinks(corridor.database, who);
      return revoked.ok ? { answer: { recipient: revoked.recipient } } : refused(404, "not_found", revoked.problem);
    },
  }),
];
