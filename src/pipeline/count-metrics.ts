/**
 * Brings the metrics in line with records that changed: what each adds now, less what it added before. Late, repeated,
 * corrected and deleted facts are all the same to it. Costs as much as these records and those that rest on them, whatever
 * the length of history.
 */
import type { Sql } from "../db/sql.ts";
import {
  activityOwners,
  addTo,
  basisOf,
  type Cells,
  type ContributionKey,
  type Contributions,
  changeCells,
  contributionsOf,
  customerContributions,
  loadContributions,
  type MetricContext,
  NOTHING,
  referredBy,
  sameContributions,
  saveContributions,
} from "../metrics/index.ts";
import { keyText, loadHistories, mergedWith, type RecordKey } from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";
import { customersOf, savePurchases } from "./customers.ts";
import { createMetricContext, type MetricSettings } from "./metrics-context.ts";
import { dependents, saveWatches, watchersOf } from "./metrics-dependents.ts";

type Counted = ContributionKey & { contributions: Contributions };

interface Counting {
  /** Every record is being counted, so nothing has to be looked for that rests on these. */
  all?: boolean;
  /** False: nobody will ever ask for a metric, so only what deciding itself rests on is kept: purchases, merges, teams. */
  sums?: boolean;
}

/** Returns the changed cells, by day. */
export const countMetrics = async (
  tx: Sql,
  settings: MetricSettings,
  changed: readonly RecordHistory[],
  { all = false, sums = true }: Counting = {},
): Promise<Cells> => {
  const context = createMetricContext(tx, settings);
  const histories = new Map(changed.map((history) => [keyText(history), history]));
  const load = async (keys: readonly RecordKey[]) => {
    const fresh = keys.filter((key) => !histories.has(keyText(key)));
    if (fresh.length === 0) return;
    for (const [key, history] of await loadHistories(tx, fresh)) histories.set(key, history);
    await context.learn(histories.values());
  };
  const merging = changed.filter(({ kind }) => kind === "company" || kind === "contact");
  await context.learn(histories.values());
  if (!all && merging.length > 0) await load(await mergedWith(tx, merging));
  if (!all) await load(await dependents(tx, [...histories.values()], context));

  const deals = [...histories.values()].filter(({ kind }) => kind === "deal");
  const buyers = new Map((await savePurchases(tx, deals, context)).map((key) => [keyText(key), key]));
  if (!sums) return replaceContributions(tx, basesOf(histories.values(), context));
  for (const { connection, kind, id } of histories.values())
    if (kind === "company" || kind === "contact")
      for (const each of [id, context.survivor(connection, kind, id)])
        buyers.set(keyText({ connection, kind, id: each }), { connection, kind, id: each });
  const customers = await customersOf(tx, context, [...buyers.values()]);
  const watched = [...histories.values(), ...buyers.values(), ...customers.flatMap(({ members }) => members)];
  await load(await watchersOf(tx, watched));
  await context.learnConversions(histories.values());

  const counted: Counted[] = [
    ...[...histories.values()].map((history) => ({
      connection: history.connection,
      kind: history.kind,
      id: history.id,
      contributions: contributionsOf(history, context),
    })),
    ...customers.map((customer) => ({
      connection: customer.connection,
      kind: `customer/${customer.kind}`,
      id: customer.id,
      contributions: customerContributions(customer, context),
    })),
  ];
  const differences = await replaceContributions(tx, counted);
  await saveWatches(
    tx,
    [...histories.values()].map((history) => ({
      record: history,
      watched: [...referredBy(history), ...activityOwners(history).map((id) => ({ kind: "user" as const, id }))],
    })),
  );
  return differences;
};

/** What others take from these records, without what they add. */
const basesOf = (histories: Iterable<RecordHistory>, context: MetricContext): Counted[] =>
  [...histories].flatMap((history) => {
    const { connection, kind, id } = history;
    const basis = basisOf(history, context);
    return basis === undefined ? [] : [{ connection, kind, id, contributions: { ...NOTHING, basis } }];
  });

/** Takes out what was stored of these and puts in what they add now. Returns the changed cells. */
export const replaceContributions = async (tx: Sql, counted: readonly Counted[]): Promise<Cells> => {
  const stored = new Map((await loadContributions(tx, counted)).map((row) => [keyText(row), row.contributions]));
  const differing = counted.filter(
    (each) => !sameContributions(stored.get(keyText(each)) ?? NOTHING, each.contributions),
  );
  const differences: Cells = new Map();
  for (const each of differing) {
    addTo(differences, stored.get(keyText(each)) ?? NOTHING, -1);
    addTo(differences, each.contributions, 1);
  }
  await saveContributions(tx, differing);
  await changeCells(tx, differences);
  return differences;
};
