import { z } from "zod";
import { enableEndpoint, listEndpoints } from "../../pipeline/tell-endpoints.ts";
import { outgoingLog, replayOutgoing, testEndpoint } from "../../pipeline/tell-log.ts";
import { defineRoute, refused } from "./route.ts";
import { Instant } from "./shapes.ts";

const Endpoint = z.object({
  id: z.string(),
  events: z.array(z.string()),
  personal: z.boolean().describe("Names and addresses are told too"),
  state: z
    .enum(["working", "failing", "paused", "disabled"])
    .describe("`paused`: it failed for long and is looked for once an hour; `disabled`: it answered 410"),
  since: Instant.nullable(),
  waiting: z.number().int(),
  failed: z.number().int().describe("Events that were given up"),
  lastDeliveredAt: Instant.nullable(),
  lastFailure: z.string().nullable(),
});

const RowId = z.coerce.number().int().positive();
const Entry = z.object({
  id: RowId,
  webhookId: z.string().describe("As the receiver sees it: `webhook-id`"),
  endpoint: z.string(),
  type: z.string(),
  grant: z.uuid().nullable(),
  at: Instant,
  state: z.enum(["waiting", "sending", "delivered", "failed", "skipped"]),
  tries: z.number().int(),
  nextTry: Instant.nullable(),
  settledAt: Instant.nullable(),
  reason: z.string().nullable(),
});

const iso = (at: Date | null) => at?.toISOString() ?? null;
const EndpointId = z.string().max(61);
const noSuch = (id: string) =>
  refused(404, "not_found", `Found no endpoint ${JSON.stringify(id)}, expected one of GET /api/v1/webhooks.`);

export const webhookRoutes = [
  defineRoute({
    method: "get",
    path: "/webhooks",
    summary: "Whom we tell of what happens here, and how each is doing",
    roles: ["editor"],
    answer: z.object({ endpoints: z.array(Endpoint) }),
    async handle({ corridor }) {
      const endpoints = (await listEndpoints(corridor)).map(({ since, lastDeliveredAt, ...rest }) => ({
        ...rest,
        since: iso(since),
        lastDeliveredAt: iso(lastDeliveredAt),
      }));
      return { answer: { endpoints } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/webhooks/log",
    summary: "What was told and what waits, newest first",
    roles: ["editor"],
    query: z.strictObject({
      endpoint: EndpointId.optional(),
      failed: z.enum(["true", "false"]).optional().describe("`true`: only what was given up"),
      limit: z.coerce.number().int().min(1).max(500).default(100).describe("How many at most"),
      before: RowId.optional().describe("Only those before this one: `next` of the answer before"),
    }),
    answer: z.object({ events: z.array(Entry), next: RowId.nullable() }),
    async handle({ corridor, query: { failed, limit, ...rest } }) {
      const found = await outgoingLog(corridor, { ...rest, failed: failed === "true", limit: limit + 1 });
      const events = found.slice(0, limit).map(({ at, nextTry, settledAt, ...entry }) => ({
        ...entry,
        at: at.toISOString(),
        nextTry: iso(nextTry),
        settledAt: iso(settledAt),
      }));
      return { answer: { events, next: found.length > limit ? (events.at(-1)?.id ?? null) : null } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/webhooks/replay",
    summary: "Tell again with the same `webhook-id`: these, or everything since a moment",
    roles: [],
    body: z.union([
      z.strictObject({ ids: z.array(RowId).min(1).max(500) }),
      z.strictObject({ since: Instant, endpoint: EndpointId.optional(), failed: z.boolean().default(false) }),
    ]),
    answer: z.object({ replayed: z.number().int().describe("What waits anyway is not among them") }),
    async handle({ corridor, body }) {
      const asked = "ids" in body ? body : { ...body, since: new Date(body.since) };
      return { answer: { replayed: await replayOutgoing(corridor, asked) } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/webhooks/{endpoint}/test",
    summary: "Send `endpoint.test` now, and say what was answered",
    roles: [],
    params: z.strictObject({ endpoint: EndpointId }),
    body: z.strictObject({}),
    answer: z.object({ ok: z.boolean(), status: z.number().int().optional(), why: z.string().optional() }),
    refusals: [404],
    async handle({ corridor, path: { endpoint } }) {
      if (!corridor.endpoints.has(endpoint)) return noSuch(endpoint);
      return { answer: await testEndpoint(corridor, endpoint) };
    },
  }),
  defineRoute({
    method: "post",
    path: "/webhooks/{endpoint}/enable",
    summary: "Call an endpoint again that answered 410, or is paused",
    roles: [],
    params: z.strictObject({ endpoint: EndpointId }),
    body: z.strictObject({}),
    answer: z.object({ enabled: z.literal(true) }),
    refusals: [404],
    async handle({ corridor, path: { endpoint } }) {
      return (await enableEndpoint(corridor, endpoint)) ? { answer: { enabled: true as const } } : noSuch(endpoint);
    },
  }),
];
