/** Costs of acquisition, retention and campaigns: taken in, and counted by the metrics that divide by them. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Sql } from "../db/sql.ts";
import { type Cells, type Cost, costContributions } from "../metrics/index.ts";
import { exponentOf, POINTS } from "../money.ts";
import type { Corridor } from "./corridor.ts";
import { replaceContributions } from "./count-metrics.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import type { MetricSettings } from "./metrics-context.ts";
import { judgeSoon } from "./metrics-due.ts";

const day = z.iso.date("expected a day, such as 2026-10-01");
const text = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .nullish()
  .transform((value) => value ?? null);

/** A cost as somebody tells of it. It is spread evenly over the days from `from` to `until`, both included. */
export const CostInput = z
  .strictObject({
    id: z.string().trim().min(1).max(200).optional().describe("Yours; without it the content tells costs apart"),
    kind: z
      .enum(["acquisition", "retention", "campaign"], "expected acquisition, retention or campaign")
      .describe("What it was spent on"),
    amount: z
      .union([z.string(), z.number().transform(String)])
      .refine((value) => /^\d{1,12}(\.\d{1,4})?$/.test(value), "expected an amount such as 1250.00")
      .describe("Major units of its currency"),
    currency: z
      .string()
      .refine((code) => code !== POINTS && exponentOf(code) !== undefined, "expected an ISO 4217 code, such as EUR"),
    from: day.describe("First day"),
    until: day.describe("Last day"),
    campaign: text.describe("Id of the campaign"),
    team: text,
    owner: text
      .refine(
        (value) => value === null || /^[^/]+\/.+$/.test(value),
        "expected connection/user id, such as hubspot-main/77",
      )
      .describe("connection/user id"),
    note: text,
  })
  .refine(({ from, until }) => from <= until, { path: ["until"], message: "expected a day not before `from`" })
  .refine(({ from, until }) => Date.parse(until) - Date.parse(from) <= 3_660 * 86_400_000, {
    path: ["until"],
    message: "expected at most 3660 days after `from`",
  });
export type CostInput = z.input<typeof CostInput>;

export interface AddedCosts {
  added: number;
  /** There already with the same content. */
  known: number;
  /** There already under this id with other content: replaced. */
  changed: number;
}

/**
 * Takes checked costs in; the same ones again change nothing. Deciding waits meanwhile, and then asks the rules about each
 * metric that these changed.
 */
export const addCosts = (
  { database, workspace }: Pick<Corridor, "database" | "workspace">,
  given: readonly z.output<typeof CostInput>[],
): Promise<AddedCosts> =>
  database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    const costs = new Map(given.map((each) => [idOf(each), { ...each, id: idOf(each) }]));
    const rows = await tx.rows<{ id: string; fresh: boolean }>(
      `insert into costs as c (id, kind, amount, currency, from_day, until_day, campaign, team, owner, note)
       select * from unnest($1::text[], $2::text[], $3::numeric[], $4::text[], $5::date[], $6::date[], $7::text[], $8::text[], $9::text[], $10::text[])
       on conflict (id) do update set kind = excluded.kind, amount = excluded.amount, currency = excluded.currency,
         from_day = excluded.from_day, until_day = excluded.until_day, campaign = excluded.campaign, team = excluded.team,
         owner = excluded.owner, note = excluded.note
       where (c.kind, c.amount, c.currency, c.from_day, c.until_day, c.campaign, c.team, c.owner, c.note) is distinct from
         (excluded.kind, excluded.amount, excluded.currency, excluded.from_day, excluded.until_day, excluded.campaign, excluded.team,
          excluded.owner, excluded.note)
       returning id, xmax = 0 as fresh`,
      columnsOf([...costs.values()]),
    );
    await judgeSoon(
      tx,
      await countCosts(
        tx,
        workspace,
        rows.map(({ id }) => id),
      ),
    );
    const added = rows.filter(({ fresh }) => fresh).length;
    return { added, changed: rows.length - added, known: given.length - rows.length };
  });

/** Counts these costs, or all. Returns the changed cells. */
export const countCosts = async (tx: Sql, settings: MetricSettings, ids: readonly string[] | "all"): Promise<Cells> => {
  const costs = await tx.rows<Cost>(
    `select id, kind, amount::text as amount, currency, from_day as "from", until_day as until, campaign, team, owner, note
     from costs where $1 or id = any ($2)`,
    [ids === "all", ids === "all" ? [] : ids],
  );
  const counted = costs.map((cost) => ({
    connection: "",
    kind: "cost",
    id: cost.id,
    contributions: costContributions(cost, { exchange: settings }),
  }));
  const changed: Cells = new Map();
  for (let start = 0; start < counted.length; start += BATCH)
    for (const [cell, n] of await replaceContributions(tx, counted.slice(start, start + BATCH))) changed.set(cell, n);
  return changed;
};

const BATCH = 500;

type Checked = z.output<typeof CostInput>;

const idOf = ({ id, ...content }: Checked): string =>
  id ??
  `content:${createHash("sha256")
    .update(JSON.stringify(Object.entries(content).sort()))
    .digest("base64url")}`;

const columnsOf = (costs: readonly (Checked & { id: string })[]) => [
  costs.map((cost) => cost.id),
  costs.map((cost) => cost.kind),
  costs.map((cost) => cost.amount),
  costs.map((cost) => cost.currency),
  costs.map((cost) => cost.from),
  costs.map((cost) => cost.until),
  costs.map((cost) => cost.campaign),
  costs.map((cost) => cost.team),
  costs.map((cost) => cost.owner),
  costs.map((cost) => cost.note),
];
