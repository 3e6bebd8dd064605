/**
 * One person, several CRM ids: what a rule gives somebody once, and what it limits, is counted for the person, whichever of
 * their keys it was given under. Keys of grants never change, so joining people moves nothing.
 */
import type { Sql } from "../db/sql.ts";
import type { SeenPerson } from "../people/recipients.ts";
import type { Workspace } from "./corridor.ts";
import type { DueGrant } from "./decide-due.ts";
import { whose } from "./decide-once.ts";
import { makeRecipients, type People } from "./decide-people.ts";

export interface Persons {
  /** Every key of who this is, the key itself first. */
  keysOf(key: string): readonly string[];
  /** One text for all of them. */
  idOf(key: string): string;
}

/** Makes recipients of those whom these grants are for or counted by, and says who of them is one person. */
export const personsBehind = async (
  tx: Sql,
  people: People,
  grants: readonly DueGrant[],
  workspace: Workspace,
): Promise<Persons> => {
  const keys = [...new Set(grants.flatMap((grant) => [grant.recipientKey, ...ownerCounted(grant)]))];
  await makeRecipients(
    tx,
    keys.flatMap((key) => seenBehind(people, key)),
    workspace,
  );
  return samePersons(tx, keys);
};

/** Where a rule counts by the owner, the owner's key. */
export const ownerCounted = ({
  rule,
  seen,
  recipientKey,
}: Pick<DueGrant, "rule" | "seen" | "recipientKey">): string[] => {
  const counts = rule.once.per === "owner" || rule.limits.some(({ per }) => per === "owner");
  const owner = counts ? whose("owner", seen, recipientKey) : null;
  return owner === null ? [] : [owner];
};

const seenBehind = (people: People, key: string): SeenPerson[] => {
  const [connection = "", kind, ...rest] = key.split("/");
  return kind === "user" || kind === "contact" ? [people.seen(connection, kind, rest.join("/"))] : [];
};

/** Who of these keys, such as `hub/user/77`, is one person, as far as it is known by now. */
export const samePersons = async (tx: Sql, keys: readonly string[]): Promise<Persons> => {
  const split = keys.map((key) => /^([^/]*)\/([^/]*)(?:\/(.*))?$/s.exec(key) ?? []);
  const column = (part: number) => split.map((parts) => parts[part] ?? "");
  const rows =
    keys.length === 0
      ? []
      : await tx.rows<{ key: string; id: string; others: string[] }>(
          `select t.key, r.id, array(
             select i.connection || '/' || i.kind || '/' || i.crm_id from recipient_ids i where i.recipient_id = r.id order by 1) as others
           from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t (key, connection, kind, crm_id)
           left join recipient_ids own on own.connection = t.connection and own.kind = t.kind and own.crm_id = t.crm_id
           join recipients r on r.id = coalesce(own.recipient_id,
             case when t.connection = 'people' and t.crm_id = '' then t.kind::uuid end)`,
          [keys, column(1), column(2), column(3)],
        );
  const known = new Map(rows.map((row) => [row.key, row]));
  return {
    keysOf(key) {
      const person = known.get(key);
      return person ? [...new Set([key, ...person.others, `people/${person.id}`])] : [key];
    },
    idOf: (key) => known.get(key)?.id ?? key,
  };
};

/** What one person gets at most one of, under whatever keys: a rule's reward, and what it is counted once for. */
export interface Slots {
  /** The grant that holds the place of this one. */
  holder(grant: DueGrant): string | undefined;
  hold(grant: DueGrant): void;
}

/** The places as they are held by grants that stand. What is cancelled in the same batch must be so before. */
export const slotsOf = async (tx: Sql, persons: Persons, grants: readonly DueGrant[]): Promise<Slots> => {
  const slotOf = (grant: DueGrant) =>
    JSON.stringify([grant.ruleId, onceFor(grant, (key) => persons.idOf(key)), persons.idOf(grant.recipientKey)]);
  const asked = grants.flatMap((grant) => {
    const owner = grant.rule.once.per === "owner" ? whose("owner", grant.seen, grant.recipientKey) : null;
    const onceKeys = owner === null ? [grant.onceKey] : persons.keysOf(owner).map((key) => onceFor(grant, () => key));
    const pairs = onceKeys.flatMap((once) => persons.keysOf(grant.recipientKey).map((key) => ({ once, key })));
    // under its own key it is what it is: only another one is in its way
    return pairs.length < 2 ? [] : pairs.map((pair) => ({ ...pair, rule: grant.ruleId, slot: slotOf(grant) }));
  });
  const rows =
    asked.length === 0
      ? []
      : await tx.rows<{ n: number; id: string }>(
          `select t.n::int as n, g.id from unnest($1::text[], $2::text[], $3::text[]) with ordinality as t (rule, once, key, n)
           join grants g on g.rule_id = t.rule and g.once_key = t.once and g.recipient_key = t.key
           where (g.state <> 'cancelled' or g.taken_by is not null) order by g.granted_at, g.id for no key update of g`,
          [asked.map(({ rule }) => rule), asked.map(({ once }) => once), asked.map(({ key }) => key)],
        );
  const holders = new Map<string, string>();
  for (const { n, id } of rows) {
    const slot = asked[n - 1]?.slot;
    if (slot !== undefined && !holders.has(slot)) holders.set(slot, id);
  }
  return {
    holder: (grant) => holders.get(slotOf(grant)),
    hold: (grant) => void holders.set(slotOf(grant), grant.id),
  };
};

/** The once-key with the owner in it, if any, called otherwise. */
const onceFor = (grant: DueGrant, name: (key: string) => string): string => {
  const owner = grant.rule.once.per === "owner" ? whose("owner", grant.seen, grant.recipientKey) : null;
  return owner === null ? grant.onceKey : `owner/${name(owner)}${grant.onceKey.slice(`owner/${owner}`.length)}`;
};
