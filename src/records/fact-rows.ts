/** Facts and records as rows. Every function works on sets: one statement for a whole batch. */
import { hash } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import type { Fact, FactValue, RecordKind } from "../events.ts";
import { historyOf, latest, type RecordHistory } from "./timeline.ts";

export interface RecordKey {
  connection: string;
  kind: RecordKind;
  id: string;
}

/** One text for a key; connection ids hold no slash. */
export const keyText = ({ connection, kind, id }: { connection: string; kind: string; id: string }): string =>
  `${connection}/${kind}/${id}`;

export interface ToldFact extends Fact {
  connection: string;
  eventId: number;
}

/** What may not be kept of somebody who asked to be forgotten, on whatever record. */
const personal = ["name", "first_name", "last_name", "email", "phone", "language", "time_zone"];
/** Of people's own records only this may be kept: what they are to the business, and no word of who they are. */
const impersonal = [
  ...[
    "exists",
    "created_at",
    "merged_into",
    "erased",
    "subscribed",
    "lifecycle",
    "status",
    "converted",
    "active",
    "source",
  ],
  ...["owner", "company", "campaign", "contact", "team", "manager"],
];
/** In SQL, of a row with `kind` and `field`; $p and $i are those two lists. */
const isPersonal = (of: string, p: string, i: string) =>
  `(${of}.field = any (${p}) or (${of}.kind in ('contact', 'lead', 'user') and not (${of}.field = any (${i}) or ${of}.field like 'happened:%')))`;

/** Keeps the facts that are new, and returns those. Personal facts of erased people are not kept. */
export const insertFacts = async (tx: Sql, facts: readonly ToldFact[]): Promise<ToldFact[]> => {
  if (facts.length === 0) return [];
  const digests = facts.map((fact) => hash("sha256", JSON.stringify(fact.value), "base64url").slice(0, 16));
  // nearly always all of them are new, and then nobody need look up which
  const rows = await tx.rows<{ n: number | null }>(
    `with told as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[], $7::text[], $8::bigint[])
         with ordinality as t (connection, kind, record_id, field, at, value, digest, event_id, n)
     ), kept as (
       insert into facts (connection, kind, record_id, field, at, value, digest, event_id)
       select connection, kind, record_id, field, at, value, digest, event_id from told
       where not (${isPersonal("told", "$9", "$10")} and exists (
         select from records r where r.connection = told.connection and r.kind = told.kind and r.id = told.record_id and r.erased))
       order by connection, kind, record_id, field, at, digest
       on conflict do nothing
       returning connection, kind, record_id, field, at, digest
     ), counted as (
       select count(*) = (select count(*) from told) as all_new from kept
     )
     select null::int as n from counted where all_new
     union all (
       select min(t.n)::int from kept join told t using (connection, kind, record_id, field, at, digest)
       where not (select all_new from counted)
       group by connection, kind, record_id, field, at, digest order by 1)`,
    [
      facts.map((fact) => fact.connection),
      facts.map((fact) => fact.kind),
      facts.map((fact) => fact.id),
      facts.map((fact) => fact.field),
      facts.map((fact) => fact.at),
      facts.map((fact) => JSON.stringify(fact.value)),
      digests,
      facts.map((fact) => fact.eventId),
      personal,
      impersonal,
    ],
  );
  return rows.flatMap(({ n }) => (n === null ? facts : (facts[n - 1] ?? [])));
};

const columns = (keys: readonly RecordKey[]) => [
  keys.map((key) => key.connection),
  keys.map((key) => key.kind),
  keys.map((key) => key.id),
];

/** The records that are merged with any of these, through any number of merges, these included. */
export const mergedWith = async (tx: Sql, keys: readonly RecordKey[]): Promise<RecordKey[]> =>
  tx.rows<RecordKey>(
    `with recursive family as (
       select connection, kind, id from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       union
       select f.connection, f.kind, case when f.record_id = m.id then f.value #>> '{}' else f.record_id end
       from family m join facts f on f.connection = m.connection and f.kind = m.kind and f.field = 'merged_into'
         and (f.record_id = m.id or f.value #>> '{}' = m.id)
     )
     select connection, kind, id from family`,
    columns(keys),
  );

/** The deals that point at any of these contacts or companies. */
export const dealsOf = async (tx: Sql, keys: readonly RecordKey[]): Promise<RecordKey[]> => {
  const contacts = keys.filter((key) => key.kind === "contact");
  const companies = keys.filter((key) => key.kind === "company");
  if (contacts.length + companies.length === 0) return [];
  return tx.rows<RecordKey>(
    `select distinct f.connection, f.kind, f.record_id as id
     from unnest($1::text[], $2::text[], $3::text[]) as t (connection, field, value)
     join facts f on f.connection = t.connection and f.kind = 'deal' and f.field = t.field and f.value #>> '{}' = t.value
     where f.field in ('merged_into', 'company') or f.field like 'contact:%'`,
    [
      [...contacts, ...companies].map((key) => key.connection),
      [...contacts.map((key) => `contact:${key.id}`), ...companies.map(() => "company")],
      [...contacts.map(() => "true"), ...companies.map((key) => key.id)],
    ],
  );
};

/** The whole history of each of these records; a record without facts has no entry. */
export const loadHistories = async (tx: Sql, keys: readonly RecordKey[]): Promise<Map<string, RecordHistory>> => {
  const distinct = [...new Map(keys.map((key) => [keyText(key), key])).values()];
  if (distinct.length === 0) return new Map();
  // record by record along the key: one join of all of them costs twice as much, and reads the whole table where they are many
  const rows = await tx.rows<RecordKey & { facts: [field: string, value: FactValue, seconds: number][] }>(
    `select t.connection, t.kind, t.id, f.facts
     from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
     cross join lateral (
       select json_agg(json_build_array(f.field, f.value, date_part('epoch', f.at))) as facts from facts f
       where f.connection = t.connection and f.kind = t.kind and f.record_id = t.id) f
     where f.facts is not null`,
    columns(distinct),
  );
  return new Map(
    rows.map(({ connection, kind, id, facts }) => {
      const told = facts.map(([field, value, seconds]) => ({ field, value, at: isoOf(seconds) }));
      return [keyText({ connection, kind, id }), historyOf(connection, kind, id, told)];
    }),
  );
};

/** ISO 8601, UTC, milliseconds, of seconds since 1970. */
export const isoOf = (seconds: number) => new Date(Math.round(seconds * 1_000)).toISOString();

/** Writes the newest state of these records. */
export const saveRecords = async (tx: Sql, histories: readonly RecordHistory[]): Promise<void> => {
  const newest = (history: RecordHistory) =>
    [...history.fields.values()]
      .map((steps) => steps.at(-1)?.at ?? "")
      .sort()
      .at(-1) ?? new Date(0).toISOString();
  await tx.run(
    `insert into records (connection, kind, id, fields, updated_at, erased)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::boolean[])
     on conflict (connection, kind, id) do update
       set fields = excluded.fields, updated_at = excluded.updated_at, erased = records.erased or excluded.erased`,
    [
      ...columns(histories),
      histories.map((history) => JSON.stringify(latest(history))),
      histories.map(newest),
      histories.map((history) => history.fields.get("erased")?.some((step) => step.value === true) ?? false),
    ],
  );
};

/** Forgets the deliveries of these events where they told of people who were erased before they arrived. */
export const forgetLateEvents = (tx: Sql, eventIds: readonly number[]): Promise<number> =>
  tx.run(
    `update inbox set body = '' where state = 'done' and id in (
       select e.inbox_id from events e join records r on r.connection = e.connection and r.kind = e.subject_kind and r.id = e.subject_id
       where e.id = any ($1) and r.erased)`,
    [eventIds],
  );

/**
 * Forgets the personal facts of these records, and the deliveries that told them; what comes later is not kept. What was
 * decided stays, without the person. Situations are the caller's: they name people in other records' milestones.
 */
export const forget = async (tx: Sql, keys: readonly RecordKey[]): Promise<void> => {
  const values = columns(keys);
  const these = "select * from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)";
  await tx.run(
    `insert into records (connection, kind, id, fields, updated_at, erased) select t.*, '{}', to_timestamp(0), true from (${these}) t
     on conflict (connection, kind, id) do update set erased = true`,
    values,
  );
  // a delivery that said nothing new has no events of its own, and says again what is to be forgotten
  await tx.run(
    `update inbox i set body = '' where i.state = 'done' and i.body <> '' and i.connection = any ($1) and (
       i.id in (select e.inbox_id from events e join (${these}) t
         on e.connection = t.connection and e.subject_kind = t.kind and e.subject_id = t.id)
       or i.id in (select e.inbox_id from facts f join events e on e.id = f.event_id join (${these}) t
         on f.connection = t.connection and f.kind = t.kind and f.record_id = t.id)
       or not exists (select from events e where e.inbox_id = i.id))`,
    values,
  );
  await keepImpersonalDetails(tx, keys);
  await tx.run(
    `delete from facts f using (${these}) t
     where f.connection = t.connection and f.kind = t.kind and f.record_id = t.id
       and f.field not like 'details:%' and ${isPersonal("f", "$4", "$5")}`,
    [...values, personal, impersonal],
  );
  await tx.run(
    `update records r set fields = (
       select coalesce(jsonb_object_agg(f.field, f.value), '{}') from (
         select r.kind, e.key as field, e.value from jsonb_each(r.fields) e) f
       where f.field not like 'details:%' and not ${isPersonal("f", "$4", "$5")})
     from (${these}) t where r.connection = t.connection and r.kind = t.kind and r.id = t.id`,
    [...values, personal, impersonal],
  );
  // what is not decided yet, whichever record's event it came with
  await tx.run(
    `update events e set facts = (
       select coalesce(jsonb_agg(f), '[]') from jsonb_array_elements(e.facts) f
       where f ->> 'field' = 'erased' or not (f ->> 'kind' = t.kind and f ->> 'id' = t.id))
     from (${these}) t
     where e.connection = t.connection and e.state <> 'decided'
       and e.facts @> jsonb_build_array(jsonb_build_object('kind', t.kind, 'id', t.id))`,
    values,
  );
  await tx.run(
    `update history h set facts = (
       select coalesce(jsonb_agg(f), '[]') from jsonb_array_elements(h.facts) f
       cross join lateral (select f ->> 'kind' as kind, f ->> 'field' as field) n
       where not (f ->> 'kind' = t.kind and f ->> 'id' = t.id and ${isPersonal("n", "$4", "$5")}))
     from (${these}) t where h.connection = t.connection
       and (h.facts @> jsonb_build_array(jsonb_build_object('kind', t.kind, 'id', t.id)))`,
    [...values, personal, impersonal],
  );
};

/** Of the details that somebody posted with a happening: what metrics count by. */
const countedBy = new Set(["survey", "owner", "lead", "contact", "company", "deal", "campaign"]);

/** The details without texts, as JSON text again: what was said in a survey is the person's. */
export const impersonalDetails = (text: string): string => {
  try {
    const details: unknown = JSON.parse(text);
    if (typeof details !== "object" || details === null) return "{}";
    return JSON.stringify(
      Object.fromEntries(
        Object.entries(details).filter(
          ([key, value]) => typeof value === "number" || typeof value === "boolean" || countedBy.has(key),
        ),
      ),
    );
  } catch {
    return "{}";
  }
};

const keepImpersonalDetails = async (tx: Sql, keys: readonly RecordKey[]): Promise<void> => {
  const rows = await tx.rows<RecordKey & { field: string; at: Date; digest: string; value: FactValue }>(
    `select f.connection, f.kind, f.record_id as id, f.field, f.at, f.digest, f.value from facts f
     join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       on f.connection = t.connection and f.kind = t.kind and f.record_id = t.id
     where f.field like 'details:%'`,
    columns(keys),
  );
  for (const { connection, kind, id, field, at, digest, value } of rows)
    await tx.run(
      "update facts set value = $7 where connection = $1 and kind = $2 and record_id = $3 and field = $4 and at = $5 and digest = $6",
      [connection, kind, id, field, at, digest, JSON.stringify(impersonalDetails(String(value)))],
    );
};
