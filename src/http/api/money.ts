import { z } from "zod";
import { balances } from "../../ledger/balances.ts";
import { spendBreakdowns } from "../../ledger/spend.ts";
import { listBudgets } from "../../pipeline/budgets-listed.ts";
import { exportSpend, spendTable } from "../../pipeline/spend-export.ts";
import { userRoles } from "../../users.ts";
import { periods } from "../../windows.ts";
import { defineRoute } from "./route.ts";
import { Day, Instant, Minor } from "./shapes.ts";

const Budget = z.object({
  id: z.string(),
  currency: z.string(),
  amount: Minor,
  reserved: Minor.describe("Promised, and not yet ordered"),
  issued: Minor.describe("Supplied, less what was taken back"),
  available: Minor,
  percentUsed: z.number().int(),
  startsAt: Instant.nullable(),
  endsAt: Instant.nullable(),
  whenEmpty: z.enum(["wait", "stop"]),
  forecast: z.object({
    kind: z.enum(["empty", "not begun", "ended", "unknown", "lasts", "runs out"]),
    at: Instant.optional().describe("When it runs out, if it goes on like this"),
  }),
  runsOut: z.string().describe("The forecast in words"),
  alerts: z.array(z.number()).describe("The marks that were reached, in percent"),
  waiting: z.object({ grants: z.number().int(), amount: Minor }).describe("Rewards that wait for room in it"),
  stopped: z.number().int().describe("Rewards that were not given: it was empty, or outside of its window"),
});

const SpendQuery = z.strictObject({
  by: z.enum(spendBreakdowns),
  from: Day.optional().describe("From this local day on"),
  until: Day.optional().describe("Before this local day"),
  every: z.enum(periods).optional().describe("Also divided by calendar period"),
});
const SpendRows = z.object({
  rows: z.array(
    z.object({
      key: z.string().nullable(),
      name: z.string().nullable(),
      period: z.string().nullable().describe("First local day of the period"),
      currency: z.string(),
      reserved: Minor,
      issued: Minor,
      takenBack: Minor,
      spent: Minor.describe("Issued less taken back"),
      grants: z.number().int(),
    }),
  ),
});

const instant = (at: Date | null) => at?.toISOString() ?? null;

export const moneyRoutes = [
  defineRoute({
    method: "get",
    path: "/budgets",
    summary: "The budgets in force: reserved, issued, available, and when each runs out",
    roles: userRoles,
    answer: z.object({ budgets: z.array(Budget) }),
    async handle({ corridor }) {
      const budgets = (await listBudgets(corridor)).map(({ startsAt, endsAt, forecast, ...rest }) => ({
        ...rest,
        startsAt: instant(startsAt),
        endsAt: instant(endsAt),
        forecast: { kind: forecast.kind, ...(forecast.kind === "runs out" ? { at: forecast.at.toISOString() } : {}) },
      }));
      return { answer: { budgets } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/ledger/balances",
    summary: "What every account of the ledger holds",
    roles: ["editor"],
    answer: z.object({ accounts: z.array(z.object({ code: z.string(), currency: z.string(), minor: Minor })) }),
    handle: async ({ corridor }) => ({ answer: { accounts: await balances(corridor.database) } }),
  }),
  defineRoute({
    method: "get",
    path: "/exports/spend",
    summary: "What was reserved, issued and taken back, by whatever you ask; CSV with `Accept: text/csv`",
    roles: ["editor"],
    query: SpendQuery,
    answer: SpendRows,
    csv: ({ rows }, query) => spendTable(query, rows),
    handle: async ({ corridor, query }) => ({ answer: { rows: await exportSpend(corridor, query) } }),
  }),
];
