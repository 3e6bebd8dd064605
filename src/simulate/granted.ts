/** What the server granted for the records of a story, and how it compares with what was due. */
import type { Sql } from "../db/sql.ts";
import { formatMoney } from "../money.ts";
import type { ExpectedGrant } from "./expected.ts";
import type { StoryRecord } from "./story.ts";

export interface GrantedRow {
  connection: string;
  kind: string;
  id: string;
  rule_id: string;
  recipient_key: string;
  minor: number;
  currency: string;
  state: string;
  waiting: string | null;
}

/** Grants of these records that are due: not those that were cancelled, or given for what was undone since. */
export const grantsOf = (sql: Sql, records: readonly StoryRecord[]): Promise<GrantedRow[]> =>
  sql.rows<GrantedRow>(
    `select m.connection, m.subject_kind as kind, m.subject_id as id, g.rule_id, g.recipient_key, g.value_minor as minor,
       g.currency, g.state, g.waiting
     from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
     join milestones m on m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id
     join grants g on g.milestone_id = m.id
     where g.state <> 'cancelled' and g.undone_at is null`,
    columns(records),
  );

/** Messages for these records, by state. */
export const messagesOf = async (sql: Sql, records: readonly StoryRecord[]): Promise<Map<string, number>> => {
  const rows = await sql.rows<{ state: string; count: number }>(
    `select n.state, count(*) as count
     from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
     join milestones m on m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id
     join grants g on g.milestone_id = m.id join messages n on n.grant_id = g.id and n.kind <> 'celebration' group by n.state order by n.state`,
    columns(records),
  );
  return new Map(rows.map((row) => [row.state, row.count]));
};

/** Of rules that reward a recipient once at all: who has that reward, from whichever record and time. */
export const rewardedOnce = async (sql: Sql, rules: readonly string[]): Promise<ReadonlySet<string>> => {
  if (rules.length === 0) return new Set();
  const rows = await sql.rows<{ rule_id: string; recipient_key: string }>(
    "select distinct rule_id, recipient_key from grants where rule_id = any ($1) and once_key = 'recipient' and state <> 'cancelled'",
    [rules],
  );
  return new Set(rows.map((row) => `${row.rule_id} ${row.recipient_key}`));
};

const columns = (records: readonly StoryRecord[]) => [
  records.map((record) => record.connection),
  records.map((record) => record.kind),
  records.map((record) => record.id),
];

export interface Compared {
  expected: number;
  granted: number;
  missing: string[];
  extra: string[];
  otherValue: string[];
}

/** Compares by rule, record and recipient, and then by value. Each difference is a line for a person. */
export const compare = (
  expected: readonly ExpectedGrant[],
  granted: readonly GrantedRow[],
  rewarded: ReadonlySet<string>,
): Compared => {
  const compared: Compared = { expected: 0, granted: 0, missing: [], extra: [], otherValue: [] };
  const onceAtAll = new Set(expected.filter((grant) => grant.oncePerRecipient).map((grant) => grant.ruleId));
  const pairs = new Map<string, { due: string[]; given: string[] }>();
  const pair = (key: string) => {
    const found = pairs.get(key) ?? { due: [], given: [] };
    pairs.set(key, found);
    return found;
  };
  for (const { ruleId, record, recipientKey, value, oncePerRecipient } of expected) {
    compared.expected += 1;
    if (!oncePerRecipient) pair(keyOf(ruleId, record, recipientKey)).due.push(formatMoney(value));
    else if (rewarded.has(`${ruleId} ${recipientKey}`)) compared.granted += 1;
    else compared.missing.push(`${ruleId}: nothing for ${recipientKey}`);
  }
  for (const { rule_id, recipient_key, minor, currency, ...record } of granted) {
    if (onceAtAll.has(rule_id)) continue;
    compared.granted += 1;
    pair(keyOf(rule_id, record, recipient_key)).given.push(formatMoney({ minor, currency }));
  }
  for (const [key, { due, given }] of pairs) {
    const [wanted, got] = [due.toSorted().join(", "), given.toSorted().join(", ")];
    const line = `${key}: expected ${wanted || "nothing"}, found ${got || "nothing"}`;
    for (let more = given.length; more < due.length; more++) compared.missing.push(line);
    for (let more = due.length; more < given.length; more++) compared.extra.push(line);
    if (due.length === given.length && wanted !== got) compared.otherValue.push(line);
  }
  return compared;
};

const keyOf = (rule: string, { connection, kind, id }: { connection: string; kind: string; id: string }, to: string) =>
  `${rule}, ${connection} ${kind} ${id}, to ${to}`;
