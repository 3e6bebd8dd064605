/**
 * Fills a database with the metrics of a history: as many as `distinct` deals by the code that decide uses, in big batches, cells
 * written once at the end. Beyond that the whole is copied, with other deals and companies that sell the same on the same
 * days: a cell is then as many times what it was, which is what it would be.
 */
import type { Database } from "../../src/db/sql.ts";
import {
  addTo,
  type Cells,
  changeCells,
  contributionsOf,
  customerContributions,
  saveContributions,
} from "../../src/metrics/index.ts";
import { customersOf, savePurchases } from "../../src/pipeline/customers.ts";
import { createMetricContext, type MetricSettings } from "../../src/pipeline/metrics-context.ts";
import { CONNECTION, dealHistory, FIRST_DAY, reps, teamOf } from "./history.ts";

const BATCH = 5_000;

export const fill = async (
  database: Database,
  settings: MetricSettings,
  { deals, distinct }: { deals: number; distinct: number },
  progress: (done: number) => void,
): Promise<void> => {
  await fillDistinct(database, settings, Math.min(deals, distinct), progress);
  const copies = Math.floor(deals / distinct);
  if (copies > 1) {
    await database.run(
      `insert into metric_contributions
       select connection, kind, id || '-' || copy, regexp_replace(contributions::text, '"(company-\\d+)"', '"\\1-' || copy || '"')::jsonb
       from metric_contributions cross join generate_series(2, $1::int) as copy`,
      [copies],
    );
    await database.run(
      `insert into purchases
       select connection, deal_id || '-' || copy, customer_kind, customer_id || '-' || copy, won_at, amount_minor, what, subjects
       from purchases cross join generate_series(2, $1::int) as copy`,
      [copies],
    );
    await database.run("update metric_cells set n = n * $1", [copies]);
  }
  for (const table of ["metric_cells", "metric_contributions", "purchases", "team_history"])
    await database.run(`vacuum analyze ${table}`);
};

const fillDistinct = async (
  database: Database,
  settings: MetricSettings,
  deals: number,
  progress: (done: number) => void,
): Promise<void> => {
  await database.run(
    "insert into team_history (connection, user_id, team, since) select $1, u, t, $4 from unnest($2::text[], $3::text[]) as x (u, t)",
    [CONNECTION, reps, reps.map(teamOf), FIRST_DAY],
  );
  const cells: Cells = new Map();
  const context = createMetricContext(database, settings);
  await context.learn(reps.map((_, deal) => dealHistory(deal)));
  // a company's deals follow one another, and a batch ends with one of them: each customer is counted once
  for (let first = 0; first < deals; first += BATCH) {
    const histories = Array.from({ length: Math.min(BATCH, deals - first) }, (_, index) => dealHistory(first + index));
    await database.transaction(async (tx) => {
      const own = createMetricContext(tx, settings);
      const around = { ...own, dayOf: context.dayOf, teamOf: context.teamOf };
      const buyers = await savePurchases(tx, histories, around);
      const customers = await customersOf(tx, around, [...new Map(buyers.map((key) => [key.id, key])).values()]);
      const counted = [
        ...histories.map((history) => ({
          key: history,
          kind: "deal",
          contributions: contributionsOf(history, around),
        })),
        ...customers.map((customer) => ({
          key: customer,
          kind: `customer/${customer.kind}`,
          contributions: customerContributions(customer, around),
        })),
      ];
      const batch: Cells = new Map();
      for (const { contributions } of counted) addTo(batch, contributions, 1);
      // companies have no cells
      for (const [text, n] of batch) if (!text.startsWith("company\u0000")) cells.set(text, (cells.get(text) ?? 0) + n);
      await saveContributions(
        tx,
        counted.map(({ key: { connection, id }, kind, contributions }) => ({ connection, kind, id, contributions })),
      );
    });
    progress(first + histories.length);
  }
  await database.transaction((tx) => changeCells(tx, new Map([...cells].sort(([a], [b]) => (a < b ? -1 : 1)))));
};
