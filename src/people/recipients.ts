/** Who can be rewarded, and how they are reached: CRM users and contacts, and what `people.yaml` adds to them. */
import type { Sql } from "../db/sql.ts";
import { tellWords, wordFields } from "./person-words.ts";

/** What is known of somebody. */
interface Details {
  name: string | null;
  first_name: string | null;
  email: string | null;
  /** E.164. */
  phone: string | null;
  /** Two letters: `it`. */
  language: string | null;
  /** IANA name. */
  time_zone: string | null;
  team: string | null;
}

export interface Recipient extends Details {
  id: string;
  kind: "rep" | "customer";
  /** Another recipient's id. */
  manager: string | null;
  /** Their own word: the channel that they want to be told on first. */
  preferred_channel: string | null;
  /** Their own word: see `readQuietHours`; null: the workspace's. */
  quiet_hours: string | null;
  /** Colleagues do not see what they get. */
  private: boolean;
  /** Raised to revoke every link to their own page. */
  link_version: number;
  erased_at: Date | null;
}

/** Who somebody is in a CRM. */
export interface CrmIdentity {
  connection: string;
  kind: "user" | "contact" | "lead";
  crmId: string;
}

/** A person as a CRM tells of them. */
export interface SeenPerson extends CrmIdentity, Details {}

/** `connection/kind/crm id`. */
export const seenKey = (person: CrmIdentity): string => `${person.connection}/${person.kind}/${person.crmId}`;

/** The recipient behind each key that is known, by key. */
export const findRecipients = async (sql: Sql, people: readonly CrmIdentity[]): Promise<Map<string, Recipient>> => {
  if (people.length === 0) return new Map();
  const rows = await sql.rows<Recipient & { key: string }>(
    `select r.*, i.connection || '/' || i.kind || '/' || i.crm_id as key
     from (select distinct * from unnest($1::text[], $2::text[], $3::text[]) as u (connection, kind, crm_id)) t
     join recipient_ids i using (connection, kind, crm_id) join recipients r on r.id = i.recipient_id`,
    [people.map((each) => each.connection), people.map((each) => each.kind), people.map((each) => each.crmId)],
  );
  return new Map(rows.map((row) => [row.key, row]));
};

/**
 * Makes sure that each of these people is a recipient. Someone not yet known by CRM id is joined to the recipient with
 * the same email address, if there is one, and is new otherwise.
 */
export const ensureRecipients = async (tx: Sql, people: readonly SeenPerson[]): Promise<void> => {
  const known = await findRecipients(tx, people);
  const fresh = [...new Map(people.map((each) => [seenKey(each), each])).entries()]
    .filter(([key]) => !known.has(key))
    .map(([, person]) => person);
  if (fresh.length === 0) return;
  const values = [
    fresh.map((each) => each.connection),
    fresh.map((each) => each.kind),
    fresh.map((each) => each.crmId),
    fresh.map((each) => each.email),
  ];
  const people_ = "unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t (connection, kind, crm_id, email)";
  await tx.run(
    `insert into recipient_ids (connection, kind, crm_id, recipient_id)
     select distinct on (t.connection, t.kind, t.crm_id) t.connection, t.kind, t.crm_id, r.id
     from ${people_} join recipients r on lower(r.email) = lower(t.email) and r.erased_at is null
     order by t.connection, t.kind, t.crm_id, r.source = 'people.yaml' desc, r.id
     on conflict do nothing`,
    values,
  );
  await tx.run(
    `with wanted as (
       select t.*, gen_random_uuid() as id from ${people_}
       where not exists (select from recipient_ids i
         where i.connection = t.connection and i.kind = t.kind and i.crm_id = t.crm_id)
     ), made as (
       insert into recipients (id, kind, source)
       select id, case when kind = 'user' then 'rep' else 'customer' end, connection from wanted
     )
     insert into recipient_ids (connection, kind, crm_id, recipient_id) select connection, kind, crm_id, id from wanted`,
    values,
  );
};

/** Takes over what the CRM says of recipients that are known already. Returns the ids of those of whom it said something new. */
export const refreshRecipients = async (tx: Sql, people: readonly SeenPerson[]): Promise<string[]> => {
  if (people.length === 0) return [];
  const known = await findRecipients(tx, people);
  return tellWords(
    tx,
    people.flatMap((person) => {
      const recipientId = known.get(seenKey(person))?.id;
      return recipientId === undefined
        ? []
        : wordFields.map((field) => ({ recipientId, source: seenKey(person), field, value: person[field] }));
    }),
  );
};

/** Everything by which somebody can be found or written to, from whatever source. */
export interface Traces {
  names: string[];
  /** Email addresses and numbers. */
  addresses: string[];
}

/** What is known of these recipients by name and address, before it is forgotten. */
export const tracesOf = async (tx: Sql, ids: readonly string[]): Promise<Traces> => {
  const rows = await tx.rows<{ field: string; value: string }>(
    `select field, value from person_words where recipient_id = any ($1) and field in ('name', 'first_name', 'email', 'phone')
     union select f.field, f.value from recipients r
       cross join lateral (values ('name', r.name), ('first_name', r.first_name), ('email', r.email), ('phone', r.phone)) as f (field, value)
       where r.id = any ($1) and f.value is not null`,
    [ids],
  );
  const of = (...fields: string[]) => rows.filter(({ field }) => fields.includes(field)).map(({ value }) => value);
  return { names: of("name", "first_name"), addresses: of("email", "phone") };
};

/** Forgets who these recipients are, what they want and what their browsers gave us. Their ids in CRMs stay, so that they are not made anew. */
export const eraseRecipients = async (tx: Sql, ids: readonly string[], at: Date): Promise<void> => {
  await tx.run("delete from person_words where recipient_id = any ($1)", [ids]);
  await tx.run("delete from push_subscriptions where recipient_id = any ($1)", [ids]);
  await tx.run(
    `update recipients set name = null, first_name = null, email = null, phone = null, language = null, time_zone = null,
       team = null, manager = null, preferred_channel = null, quiet_hours = null, private = true, link_version = link_version + 1,
       erased_at = coalesce(erased_at, $2)
     where id = any ($1)`,
    [ids, at],
  );
};

/** The CRM user ids of a recipient on one connection, for naming a manager the way the CRM does. */
export const managersOf = async (
  sql: Sql,
  recipients: readonly Recipient[],
): Promise<Map<string, Recipient & { keys: string[] }>> => {
  const ids = recipients.flatMap((each) => each.manager ?? []);
  if (ids.length === 0) return new Map();
  const rows = await sql.rows<Recipient & { keys: string[] }>(
    `select r.*, coalesce(array_agg(i.connection || '/' || i.kind || '/' || i.crm_id order by i.connection, i.kind, i.crm_id)
       filter (where i.recipient_id is not null), '{}') as keys
     from recipients r left join recipient_ids i on i.recipient_id = r.id
     where r.id = any ($1) and r.erased_at is null group by r.id`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
};
