/** Which records rest on others: on the team of their owner, on the company or contact that was merged, on who was referred. */
import type { Sql } from "../db/sql.ts";
import { basisOf, loadContributions, type MetricContext, type Referred } from "../metrics/index.ts";
import { dealsOf, keyText, type RecordKey } from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";

/** The records that must be counted anew because one of these is another than they were counted with. */
export const dependents = async (
  tx: Sql,
  histories: readonly RecordHistory[],
  context: MetricContext,
): Promise<RecordKey[]> => {
  const based = histories.filter(({ kind }) => kind === "user" || kind === "company" || kind === "contact");
  if (based.length === 0) return [];
  const stored = new Map((await loadContributions(tx, based)).map((row) => [keyText(row), row.contributions.basis]));
  const moved = based.filter(
    (history) => (stored.get(keyText(history)) ?? unmoved(history)) !== basisOf(history, context),
  );
  if (moved.length === 0) return [];
  const users = moved.filter(({ kind }) => kind === "user");
  const companies = moved.filter(({ kind }) => kind === "company");
  const pointing = await tx.rows<RecordKey>(
    `select distinct f.connection, f.kind, f.record_id as id
     from unnest($1::text[], $2::text[]) as t (connection, id)
     join facts f on f.connection = t.connection and f.field = 'owner' and f.value #>> '{}' = t.id
     union
     select distinct f.connection, f.kind, f.record_id
     from unnest($3::text[], $4::text[]) as t (connection, id)
     join facts f on f.connection = t.connection and f.kind = any ($5) and f.field = 'company' and f.value #>> '{}' = t.id`,
    [
      users.map(({ connection }) => connection),
      users.map(({ id }) => id),
      companies.map(({ connection }) => connection),
      companies.map(({ id }) => id),
      ["deal", "contact", "lead", "ticket"],
    ],
  );
  return [...pointing, ...(await dealsOf(tx, moved)), ...(await watchersOf(tx, users))];
};

/** What was counted with while nothing was known of it. */
const unmoved = ({ kind, id }: RecordHistory) => (kind === "user" ? "[]" : id);

/** The records that rest on any of these by what their happenings name. */
export const watchersOf = (tx: Sql, records: readonly RecordKey[]): Promise<RecordKey[]> =>
  tx.rows<RecordKey>(
    `select distinct w.connection, w.kind, w.id from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
     join metric_watches w on w.connection = t.connection and w.watched_kind = t.kind and w.watched_id = t.id`,
    [records.map((key) => key.connection), records.map((key) => key.kind), records.map((key) => key.id)],
  );

/** Happenings are only ever added, so watches are too. */
export const saveWatches = async (
  tx: Sql,
  watches: readonly { record: RecordKey; watched: readonly Referred[] }[],
): Promise<void> => {
  const rows = watches.flatMap(({ record, watched }) => watched.map((each) => ({ record, each })));
  if (rows.length === 0) return;
  await tx.run(
    `insert into metric_watches (connection, kind, id, watched_kind, watched_id)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) on conflict do nothing`,
    [
      rows.map(({ record }) => record.connection),
      rows.map(({ record }) => record.kind),
      rows.map(({ record }) => record.id),
      rows.map(({ each }) => each.kind),
      rows.map(({ each }) => each.id),
    ],
  );
};
