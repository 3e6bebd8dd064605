/** Recipients as an admin looks at them: a list, and everything about one. */
import type { Sql } from "../db/sql.ts";
import { balance } from "../ledger/ledger.ts";
import { POINTS } from "../money.ts";
import type { ConsentStatus } from "../people/consent.ts";
import { findPerson } from "../people/find-person.ts";
import type { WordField } from "../people/person-words.ts";
import { consentsOf } from "./consents-of.ts";
import type { Corridor } from "./corridor.ts";

export interface ListedPerson {
  id: string;
  kind: "rep" | "customer";
  name: string | null;
  email: string | null;
  /** E.164. */
  phone: string | null;
  language: string | null;
  timeZone: string | null;
  team: string | null;
  manager: string | null;
  preferredChannel: string | null;
  /** Their own; null: the workspace's. */
  quietHours: string | null;
  private: boolean;
  erased: boolean;
  /** `connection/kind/crm id`. */
  keys: string[];
  grants: number;
}

export interface ShownPerson extends ListedPerson {
  /** Everything that anybody says of them. `counts`: it is what holds. */
  words: { field: WordField; source: string; value: string; counts: boolean }[];
  consents: {
    channel: string;
    category: string;
    status: ConsentStatus;
    source: string;
    evidence: string | null;
    at: string;
    /** No longer counts from then on. */
    until: string | null;
  }[];
  devices: number;
  points: number;
}

const columns = `r.id, r.kind, r.name, r.email, r.phone, r.language, r.time_zone as "timeZone", r.team, m.name as manager,
  r.preferred_channel as "preferredChannel", r.quiet_hours as "quietHours", r.private, r.erased_at is not null as erased,
  array(select connection || '/' || kind || '/' || crm_id from recipient_ids i where i.recipient_id = r.id order by 1) as keys,
  (select count(*) from grants g where g.recipient_id = r.id)::int as grants
  from recipients r left join recipients m on m.id = r.manager`;

/** By name; those without one last. `after`: an id, of a page before. */
export const listPeople = (
  sql: Sql,
  { kind, after, limit }: { kind?: "rep" | "customer" | undefined; after?: string | undefined; limit: number },
): Promise<ListedPerson[]> =>
  sql.rows<ListedPerson>(
    `select ${columns} where r.source <> 'joined' and ($1::text is null or r.kind = $1)
       and ($2::uuid is null or (coalesce(lower(r.name), '~'), r.id) > (select coalesce(lower(name), '~'), id from recipients where id = $2))
     order by coalesce(lower(r.name), '~'), r.id limit $3`,
    [kind ?? null, after ?? null, limit],
  );

export type Shown = { ok: true; person: ShownPerson } | { ok: false; problem: string };

/** One person, by whatever an admin names them. */
export const showPerson = async (
  { database: sql, sealer }: Pick<Corridor, "database" | "sealer">,
  asked: string,
): Promise<Shown> => {
  const found = await findPerson(sql, asked);
  if (!found.ok) return found;
  const { id } = found.person;
  const row = await sql.row<ListedPerson>(`select ${columns} where r.id = $1`, [id]);
  if (!row) return { ok: false, problem: `found nobody under "${asked}"` };
  const words = await sql.rows<ShownPerson["words"][number]>(
    `select field, source, value, row_number() over (partition by field order by
       case source when 'own' then 0 when 'people.yaml' then 1 when 'import' then 2 else 3 end, turn desc, source) = 1 as counts
     from person_words where recipient_id = $1 order by field, counts desc, source`,
    [id],
  );
  const consents = await consentsOf(sql, sealer, row);
  const devices = await sql.row<{ n: number }>(
    "select count(*)::int as n from push_subscriptions where recipient_id = $1",
    [id],
  );
  const points = (await balance(sql, `points:${id}`)).find(({ currency }) => currency === POINTS)?.minor ?? 0;
  return {
    ok: true,
    person: {
      ...row,
      words,
      consents: consents.map(({ at, until, ...each }) => ({
        ...each,
        at: at.toISOString(),
        until: until?.toISOString() ?? null,
      })),
      devices: devices?.n ?? 0,
      points,
    },
  };
};
