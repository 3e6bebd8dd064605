/** The grants that a decision meets, as they stand before it. */
import type { Sql } from "../db/sql.ts";
import type { GrantState } from "../ledger/grant-states.ts";

export interface StoredGrant {
  id: string;
  rule_id: string;
  rule_version: number;
  recipient_key: string;
  once_key: string;
  part: number;
  connection: string;
  subject_kind: string;
  subject_id: string;
  /** An order was tried with these values, and refused or put off: they stay as the provider saw them. */
  frozen: boolean;
  /** It was issued once: what comes back is a new order. */
  issued_before: boolean;
  state: GrantState;
  milestone_id: number;
  value_minor: number;
  currency: string;
  reward_id: string;
  undone_why: string | null;
  clawback: boolean;
  /** Of a metric over a number of days, whose windows are never looked at again. */
  rolling: boolean;
  moves: number;
  /** By a person who accepted a dispute. */
  given: boolean;
  /** A person takes it back, or took it: no rule says any more whether it is due. */
  taken: boolean;
}

/** Nothing was ordered yet: deciding may change or cancel it. */
export const movable: ReadonlySet<GrantState> = new Set(["shadow", "held", "awaiting_approval", "approved"]);
/** The provider may have supplied it: what becomes of it is no longer for deciding to say. */
export const ordered: ReadonlySet<GrantState> = new Set([
  "ordering",
  "unknown",
  "issued",
  "redeemed",
  "expired",
  "clawed_back",
]);

/** The grants that hang on these milestones, and those with these ids; locked, so that no order starts meanwhile. */
export const loadGrants = async (
  tx: Sql,
  milestones: readonly number[],
  ids: readonly string[],
): Promise<Map<string, StoredGrant>> => {
  const rows = await tx.rows<StoredGrant>(
    `select g.id, g.state, g.milestone_id, g.rule_id, g.rule_version, g.clawback, g.recipient_key,
       coalesce(own.situation #>> '{metric,over}' ~ '^[0-9]+ days?$', false) as rolling, g.once_key, g.part, own.connection, own.subject_kind,
       own.subject_id, g.value_minor, exists (select from orders o where o.grant_id = g.id) as frozen,
       exists (select from grant_moves v where v.grant_id = g.id and v.to_state = 'issued') as issued_before,
       g.currency, g.reward_id, g.undone_why, g.given_by is not null as given, g.taken_by is not null as taken,
       (select count(*) from grant_moves v where v.grant_id = g.id)::int as moves
     from grants g join milestones own on own.id = g.milestone_id
     -- one condition with "or" would read all grants that there ever were
     where g.id in (select unnest($1::uuid[]) union select id from grants where milestone_id = any ($2))
     order by g.id for no key update of g`,
    [ids, milestones],
  );
  return new Map(rows.map((row) => [row.id, row]));
};
