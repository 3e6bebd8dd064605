import { z } from "zod";
import { ruleVersions } from "../../pipeline/rule-history.ts";
import { userRoles } from "../../users.ts";
import { defineRoute, refused } from "./route.ts";
import { Instant } from "./shapes.ts";

const RuleShape = z.object({
  id: z.string(),
  title: z.record(z.string(), z.string()).describe("By language"),
  on: z.string(),
  kpi: z.string().nullable(),
  budget: z.string().nullable(),
  mode: z.enum(["active", "shadow"]),
  from: Instant.nullable(),
  until: Instant.nullable(),
  file: z.string(),
  line: z.number().int(),
});

const Version = z.object({
  id: z.number().int(),
  hash: z.string(),
  author: z.string().describe("Who loaded it first"),
  loadedAt: Instant,
  inForceSince: Instant.nullable().describe("Where it is in force now"),
  turns: z.array(z.object({ author: z.string(), since: z.string() })).describe("Each time that it came into force"),
});

export const ruleRoutes = [
  defineRoute({
    method: "get",
    path: "/rules",
    summary: "The rules in force, with their version and where each is written",
    roles: userRoles,
    answer: z.object({ version: z.number().int(), hash: z.string(), rules: z.array(RuleShape) }),
    refusals: [404],
    async handle({ corridor: { rules } }) {
      if (!rules.loaded()) return refused(404, "not_found", "Found no rules, expected some that were loaded.");
      const { id, matcher } = rules.current();
      return { answer: { version: id, hash: matcher.book.hash, rules: matcher.book.rules } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/rules/versions",
    summary: "Every version of the rules that was ever in force, newest first",
    roles: userRoles,
    answer: z.object({ versions: z.array(Version) }),
    async handle({ corridor }) {
      const versions = (await ruleVersions(corridor.database)).map(({ loadedAt, inForceSince, ...rest }) => ({
        ...rest,
        loadedAt: loadedAt.toISOString(),
        inForceSince: inForceSince?.toISOString() ?? null,
      }));
      return { answer: { versions } };
    },
  }),
];
