import { z } from "zod";
import { metrics, subjectKinds } from "../../metrics/index.ts";
import { checkMetric } from "../../pipeline/metric-checked.ts";
import { showMetric } from "../../pipeline/show-metrics.ts";
import { userRoles } from "../../users.ts";
import { localDay, parseWindow, type Window } from "../../windows.ts";
import { seenBy } from "./addresses.ts";
import { defineRoute, refused } from "./route.ts";
import { Day } from "./shapes.ts";

const Metric = z.object({
  name: z.string(),
  title: z.object({ en: z.string(), it: z.string() }),
  about: z.string().describe("How it is worked out"),
  unit: z.string(),
  of: z.array(z.enum(subjectKinds)),
  options: z.record(z.string(), z.array(z.string())).describe("The first value is the default; `*` is any text"),
});

const Row = z.object({
  of: z.enum(subjectKinds),
  connection: z.string().describe("Empty where it is not of one connection"),
  id: z.string(),
  name: z.string().nullable(),
  from: z.string().describe("First local day"),
  until: z.string().describe("The local day after the last"),
  value: z.number().nullable(),
  previous: z.number().nullable(),
  change: z.number().nullable().describe("(value − previous) ÷ |previous|"),
  sample: z.number(),
});

const Over = z.string().transform((text, context): Window => {
  const window = parseWindow(text);
  if (window) return window;
  context.addIssue("expected day, week, month, quarter, year, all time, or such as `30 days`");
  return z.NEVER;
});

/** Every option that any metric has, so that an unknown name is refused as such. */
const optionNames = [...new Set(metrics.flatMap(({ options }) => Object.keys(options)))];
const options = Object.fromEntries(
  optionNames.map((name) => [name, z.string().max(200).optional().describe("For the metrics that have this option")]),
);

export const metricRoutes = [
  defineRoute({
    method: "get",
    path: "/metrics",
    summary: "Every metric: how it is worked out, its unit, of whom it is, its options",
    roles: userRoles,
    answer: z.object({ metrics: z.array(Metric) }),
    handle: async () => ({
      answer: {
        metrics: metrics.map(({ of, options, ...metric }) => ({
          ...metric,
          of: [...of],
          options: Object.fromEntries(Object.entries(options).map(([name, values]) => [name, [...values]])),
        })),
      },
    }),
  }),
  defineRoute({
    method: "get",
    path: "/metrics/{name}",
    summary: "A metric of everybody that it is of, the highest first, with the window before and the change",
    roles: userRoles,
    params: z.strictObject({ name: z.string().max(100) }),
    query: z.strictObject({
      of: z.enum(subjectKinds).default("owner"),
      over: Over.default("quarter"),
      at: Day.optional().describe("A local day in the window; left out: today"),
      ...options,
    }),
    answer: z.object({ name: z.string(), unit: z.string(), rows: z.array(Row) }),
    refusals: [404],
    async handle({ corridor, user, path: { name }, query: { of, over, at, ...rest } }) {
      const options = Object.fromEntries(
        Object.entries(rest).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
      );
      const checked = checkMetric(name, of, options);
      if (!checked.ok) {
        const words = checked.faults.map(({ found, expected }) => `found ${found}, expected ${expected}`);
        if (checked.faults[0]?.place === "name") return refused(404, "not_found", `path.name: ${words[0]}`);
        return refused(
          422,
          "query",
          words.map((each, at) => `query.${checked.faults[at]?.place.replace("option ", "")}: ${each}`).join("; "),
        );
      }
      const day = at ?? localDay(corridor.now(), corridor.workspace.timeZone);
      const rows = await showMetric(corridor, { metric: checked.metric, of, over, day, options });
      return { answer: { name, unit: checked.metric.unit, rows: seenBy(user, rows) } };
    },
  }),
];
