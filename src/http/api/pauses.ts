import { z } from "zod";
import type { Corridor } from "../../pipeline/corridor.ts";
import {
  type Pause,
  pauseScopes,
  pauseSending,
  pausesInForce,
  readPauseScope,
  resumeSending,
} from "../../pipeline/pause.ts";
import { userRoles } from "../../users.ts";
import { seenBy } from "./addresses.ts";
import { defineRoute, refused } from "./route.ts";
import { Instant } from "./shapes.ts";

const PauseShape = z.object({
  scope: z.string().describe("`all`, `provider:<id>`, `channel:<name>` or `sender:<id>`"),
  since: Instant,
  by: z.string().describe("Who paused; `brake` where the velocity brake did"),
  why: z.string(),
});
const shape = (pause: Pause): z.input<typeof PauseShape> => ({ ...pause, since: pause.since.toISOString() });

const What = z.string().max(200).describe("`all`, `provider <id>`, `channel <name>` or `sender <id>`");
const unknown = (what: string, corridor: Corridor) =>
  refused(422, "body", `body.what: found ${JSON.stringify(what)}, expected one of ${pauseScopes(corridor).join(", ")}`);

export const pauseRoutes = [
  defineRoute({
    method: "get",
    path: "/pauses",
    summary: "The pauses in force, oldest first",
    roles: userRoles,
    answer: z.object({ pauses: z.array(PauseShape) }),
    async handle({ corridor, user }) {
      const pauses = await pausesInForce(corridor.database);
      return { answer: { pauses: seenBy(user, pauses.map(shape)) } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/pause",
    summary: "Stop ordering and sending at once: everything, one provider, channel or sender. Deciding goes on",
    roles: [],
    body: z.strictObject({ what: What, why: z.string().trim().min(1).max(500).describe("For whoever looks later") }),
    answer: z.object({
      pause: PauseShape,
      already: z.boolean().describe("It was paused before: that pause stays as it is"),
    }),
    async handle({ corridor, user, body: { what, why } }) {
      const scope = readPauseScope(what, corridor);
      if (!scope) return unknown(what, corridor);
      const { pause, already } = await corridor.database.transaction((tx) =>
        pauseSending(tx, { scope, since: corridor.now(), by: user.email, why }),
      );
      return { answer: { pause: shape(pause), already } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/resume",
    summary: "Let ordering and sending go on: what waited goes out within seconds",
    roles: [],
    body: z.strictObject({ what: What.optional().describe("As in the pause; left out: everything that is paused") }),
    answer: z.object({ resumed: z.array(PauseShape).describe("The pauses that this ended") }),
    async handle({ corridor, user, body: { what } }) {
      const scope = what === undefined ? undefined : readPauseScope(what, corridor);
      if (what !== undefined && !scope) return unknown(what, corridor);
      const ended = await corridor.database.transaction((tx) =>
        resumeSending(tx, { ...(scope ? { scope } : {}), by: user.email, at: corridor.now() }),
      );
      return { answer: { resumed: ended.map(shape) } };
    },
  }),
];
