/**
 * A long history out of a short one that was really decided: the rows of each copy are what deciding the same lives of other
 * deals would have left. The short form of the bench makes a history in both ways, and compares them.
 */
import type { Database, Sql } from "../../src/db/sql.ts";

/** The number of a deal of a copy is this much above that of the copy before: both have the same life. */
export const COPY_APART = 1_800_000;

/** Copies all that was decided, so that there is `times` as much of it. Nothing waits; who would work on it finds nothing to do. */
export const copyHistory = async (database: Database, times: number): Promise<void> => {
  if (times < 2) return;
  await database.transaction(async (tx) => {
    // no trigger and no foreign key looks at each row: what is copied was looked at when it was made
    await tx.run("set local session_replication_role = replica");
    await copyAll(tx, times);
  });
  await database.run("vacuum analyze");
};

const copyAll = async (tx: Sql, times: number): Promise<void> => {
  const last = await tx.row<Record<"inbox" | "events" | "milestones" | "postings" | "moves", number>>(
    `select (select max(id) from inbox) as inbox, (select max(id) from events) as events, (select max(id) from milestones) as milestones,
       (select max(id) from ledger_postings) as postings, (select max(id) from grant_moves) as moves`,
  );
  if (!last) return;
  const copy = async (table: string, changed: Record<string, string>, from = `${table} t`) => {
    const rows = await tx.rows<{ name: string }>(
      `select column_name as name from information_schema.columns
       where table_schema = 'public' and table_name = $1 and column_name <> all ($2)`,
      [table, Object.keys(changed)],
    );
    const columns = { ...Object.fromEntries(rows.map(({ name }) => [name, `t.${name}`])), ...changed };
    await tx.run(
      `insert into ${table} (${Object.keys(columns).join(", ")}) overriding system value
       select ${Object.values(columns).join(", ")} from ${from} cross join generate_series(1, ${times - 1}) as copy`,
    );
  };
  const further = (id: string, by: number) => `${id} + copy * ${by}`;
  const deal = (id: string) => `(${id}::bigint + copy * ${COPY_APART})::text`;
  const grant = (id: string) => `md5(${id} || '/' || copy)::uuid`;
  const within = (text: string, of: string) => `replace(${text}, ${of}, ${deal(of)})`;
  const ofGrants = (table: string) => `(select * from ${table} where grant_id is not null) t`;

  // what others point at comes last: until then it is as it was
  await copy(
    "ledger_entries",
    { posting_id: further("t.posting_id", last.postings) },
    "(select e.* from ledger_entries e join ledger_postings p on p.id = e.posting_id where p.grant_id is not null) t",
  );
  await copy(
    "ledger_postings",
    {
      id: further("t.id", last.postings),
      grant_id: grant("t.grant_id"),
      key: `replace(t.key, t.grant_id::text, ${grant("t.grant_id")}::text)`,
    },
    ofGrants("ledger_postings"),
  );
  await copy("grant_moves", { id: further("t.id", last.moves), grant_id: grant("t.grant_id") });
  await copy("limit_uses", { grant_id: grant("t.grant_id") });
  await copy(
    "grants",
    {
      id: grant("t.id"),
      milestone_id: further("t.milestone_id", last.milestones),
      once_key: within("t.once_key", "m.subject_id"),
    },
    "grants t join milestones m on m.id = t.milestone_id",
  );
  await copy("milestones", {
    id: further("t.id", last.milestones),
    subject_id: deal("t.subject_id"),
    event_id: further("t.event_id", last.events),
    situation: `${within("t.situation::text", "t.subject_id")}::jsonb`,
  });
  await copy("records", { id: deal("t.id") }, "(select * from records where kind = 'deal') t");
  await copy(
    "metric_contributions",
    { id: deal("t.id") },
    "(select * from metric_contributions where kind = 'deal') t",
  );
  await copy("facts", { record_id: deal("t.record_id"), event_id: further("t.event_id", last.events) });
  await copy("events", {
    id: further("t.id", last.events),
    inbox_id: further("t.inbox_id", last.inbox),
    key: "t.key || '/' || copy",
    subject_id: deal("t.subject_id"),
  });
  await copy("inbox", { id: further("t.id", last.inbox) });

  await tx.run("update metric_cells set n = n * $1", [times]);
  await tx.run("update limit_totals set count = count * $1, amount_minor = amount_minor * $1", [times]);
  await tx.run(
    `update ledger_accounts a set balance_minor = (select sum(amount_minor) from ledger_entries e where e.account_id = a.id)
     where a.code like 'budget:%'`,
  );
  for (const table of ["inbox", "events", "milestones", "grant_moves", "ledger_postings"])
    await tx.rows(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`);
};

/** What must be alike in a history that was copied and one that was decided, as text. */
export const shapeOf = async (database: Database): Promise<string> => {
  const row = await database.row(
    `select (select count(*) from inbox where state = 'done') as inbox, (select count(*) from events where state = 'decided') as events,
       (select count(*) from facts) as facts, (select count(*) from records) as records,
       (select json_object_agg(type, n order by type) from (select type, count(*) as n from milestones group by type) m) as milestones,
       (select count(*) from milestones where matched) as matched,
       (select sum(length(situation::text)) from milestones) as situations,
       (select count(*) from grants) as grants, (select count(*) from grant_moves) as moves,
       (select json_object_agg(code, minor order by code) from (
         select a.code, sum(e.amount_minor) as minor from ledger_entries e join ledger_accounts a on a.id = e.account_id
         group by a.code) l) as ledger,
       (select count(*) from limit_uses) as uses, (select sum(count) from limit_totals) as used,
       (select count(*) from metric_contributions) as contributions,
       (select json_object_agg(series, n order by series) from (
         select of || ' ' || series || ' ' || grain as series, sum(n) as n from metric_cells group by 1) c) as cells`,
  );
  return JSON.stringify(row, null, 1);
};
