/**
 * Brings the grants of the decided records in line with what is due: makes, revives, corrects, cancels. A grant whose
 * order was sent is past this step: what becomes of it is decided by `settle`.
 */
import type { Sql } from "../db/sql.ts";
import { type GrantState, type Move, moveGrants } from "../ledger/grant-states.ts";
import { type Posting, post } from "../ledger/ledger.ts";
import type { Money } from "../money.ts";
import type { SeenPerson } from "../people/recipients.ts";
import type { RecordKey } from "../records/fact-rows.ts";
import type { Corridor } from "./corridor.ts";
import type { DueGrant, Judged } from "./decide-due.ts";
import { makeRecipients, type People } from "./decide-people.ts";

interface StoredGrant {
  id: string;
  rule_id: string;
  recipient_key: string;
  once_key: string;
  subject_id: string;
  /** An order was tried with these values, and refused or put off: they stay as the provider saw them. */
  frozen: boolean;
  state: GrantState;
  milestone_id: number;
  value_minor: number;
  currency: string;
  reward_id: string;
  moves: number;
}

/** States in which the provider may have supplied it. */
const ordered: ReadonlySet<GrantState> = new Set(["ordering", "unknown", "issued", "redeemed", "clawed_back"]);

interface Verdict {
  members: readonly RecordKey[];
  due: readonly DueGrant[];
  milestoneIds: ReadonlyMap<Judged, number>;
  people: People;
  decidedAt: Date;
}

/** Returns the grants that are to be ordered now. */
export const writeGrants = async (corridor: Corridor, tx: Sql, verdict: Verdict): Promise<string[]> => {
  const { due, milestoneIds, decidedAt } = verdict;
  const stored = await loadGrants(tx, verdict);
  const moves: Move[] = [];
  const postings: Posting[] = [];
  const fresh: DueGrant[] = [];
  const amended: DueGrant[] = [];

  const wanted = new Set(due.map((grant) => grant.id));
  // ordered for a milestone that turned out not to have been: it cannot be taken back here, so it counts as the reward
  const past = [...stored.values()].filter(
    (row) => !wanted.has(row.id) && ordered.has(row.state) && row.once_key.startsWith("record/"),
  );
  const paidBefore = (grant: DueGrant) =>
    past.some(
      (row) =>
        row.rule_id === grant.ruleId && row.recipient_key === grant.recipientKey && grant.family.has(row.subject_id),
    );

  for (const grant of due) {
    const row = stored.get(grant.id);
    const state = firstState(grant);
    if (!row) {
      if (!paidBefore(grant)) fresh.push(grant);
    } else if (row.state === "cancelled") {
      moves.push({
        grantId: row.id,
        from: "cancelled",
        to: state,
        actor: "decide",
        why: "the milestone holds after all",
      });
      if (state === "approved") postings.push(posting(row.id, "reserve", row.moves, grant.value));
      amended.push(grant);
    } else if (
      (row.state === "approved" || row.state === "shadow") &&
      !row.frozen &&
      differs(row, grant, milestoneIds)
    ) {
      if (
        row.state === "approved" &&
        (row.value_minor !== grant.value.minor || row.currency !== grant.value.currency)
      ) {
        postings.push(posting(row.id, "release", row.moves, { minor: row.value_minor, currency: row.currency }));
        postings.push(posting(row.id, "reserve", row.moves, grant.value));
        moves.push({
          grantId: row.id,
          from: null,
          to: row.state,
          actor: "decide",
          why: "corrected by a change that arrived later",
        });
      }
      amended.push(grant);
    }
  }
  for (const row of stored.values()) {
    if (wanted.has(row.id) || (row.state !== "approved" && row.state !== "shadow")) continue;
    moves.push({
      grantId: row.id,
      from: row.state,
      to: "cancelled",
      actor: "decide",
      why: "a change that arrived later shows that it was not due",
    });
    if (row.state === "approved")
      postings.push(posting(row.id, "release", row.moves, { minor: row.value_minor, currency: row.currency }));
  }

  const inserted = await insertGrants(tx, verdict, fresh);
  for (const grant of fresh.filter((each) => inserted.has(each.id))) {
    const state = firstState(grant);
    moves.push({ grantId: grant.id, from: null, to: state, actor: "decide", why: `rule ${grant.ruleId}` });
    if (state === "approved") postings.push(posting(grant.id, "reserve", 0, grant.value));
  }
  await amend(tx, amended, milestoneIds);
  await moveGrants(tx, moves);
  // nothing was supplied for a grant that is still approved: if it ever comes back, it is ordered anew
  const cancelled = moves.filter((move) => move.to === "cancelled").map((move) => move.grantId);
  if (cancelled.length > 0) await tx.run("delete from orders where grant_id = any ($1)", [cancelled]);
  await post(tx, postings);
  for (const { to } of moves) corridor.telemetry.grant(to);
  if (moves.length > 0)
    await tx.run("update grants set not_before = $2 where id = any ($1) and state = 'approved'", [
      moves.map((move) => move.grantId),
      decidedAt,
    ]);
  return moves.filter((move) => move.to === "approved").map((move) => move.grantId);
};

/** Where a grant begins. */
const firstState = ({ rule }: DueGrant): GrantState => (rule.mode === "shadow" ? "shadow" : "approved");

const posting = (grantId: string, what: "reserve" | "release", move: number, amount: Money): Posting => ({
  key: `${grantId}/${what}/${move}`,
  grantId,
  what,
  from: what === "reserve" ? "funding" : "reserved",
  to: what === "reserve" ? "reserved" : "funding",
  amount,
});

const differs = (row: StoredGrant, grant: DueGrant, milestoneIds: ReadonlyMap<Judged, number>) =>
  row.value_minor !== grant.value.minor ||
  row.currency !== grant.value.currency ||
  row.reward_id !== grant.reward.id ||
  row.milestone_id !== milestoneIds.get(grant.judged);

/** The grants that hang on these records, and those that have the key of a due one; locked, so that no order starts meanwhile. */
const loadGrants = async (tx: Sql, { members, due }: Verdict) => {
  const rows = await tx.rows<StoredGrant>(
    `select g.id, g.state, g.milestone_id, g.rule_id, g.recipient_key, g.once_key, own.subject_id, g.value_minor,
       exists (select from orders o where o.grant_id = g.id) as frozen, g.currency, g.reward_id,
       (select count(*) from grant_moves v where v.grant_id = g.id)::int as moves
     from grants g join milestones own on own.id = g.milestone_id
     where g.id = any ($4) or g.milestone_id in (
       select m.id from milestones m join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
         on m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id)
     order by g.id for no key update of g`,
    [
      members.map((key) => key.connection),
      members.map((key) => key.kind),
      members.map((key) => key.id),
      due.map((grant) => grant.id),
    ],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

/** Inserts new grants with their recipients; a grant that another record took first (`once: per recipient`) is not made again. */
const insertGrants = async (tx: Sql, { people, milestoneIds, decidedAt }: Verdict, grants: readonly DueGrant[]) => {
  if (grants.length === 0) return new Set<string>();
  await makeRecipients(
    tx,
    grants.flatMap((grant) => seenBehind(people, grant.recipientKey)),
  );
  const rows = await tx.rows<{ id: string }>(
    `insert into grants (id, rule_id, once_key, recipient_key, recipient_id, rule_version, milestone_id, part, reward_id, provider,
       value_minor, currency, cost_minor, cost_currency, notify, state, granted_at)
     select distinct on (t.id) t.id, t.rule_id, t.once_key, t.recipient_key, coalesce(i.recipient_id, p.id), t.rule_version, t.milestone_id, t.part,
       t.reward_id, t.provider, t.value_minor, t.currency, t.value_minor, t.currency, string_to_array(t.notify, ','), t.state, $14
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::smallint[], $8::text[], $9::text[],
       $10::bigint[], $11::text[], $12::text[], $13::text[])
       as t (id, rule_id, once_key, recipient_key, rule_version, milestone_id, part, reward_id, provider, value_minor, currency, notify, state)
     join unnest($4::text[], $15::text[], $16::text[], $17::text[]) as k (recipient_key, connection, kind, crm_id) using (recipient_key)
     left join recipient_ids i on i.connection = k.connection and i.kind = k.kind and i.crm_id = k.crm_id
     left join recipients p on k.connection = 'people' and p.id::text = k.kind
     on conflict (rule_id, once_key, recipient_key) do nothing
     returning id`,
    [
      grants.map((each) => each.id),
      grants.map((each) => each.ruleId),
      grants.map((each) => each.onceKey),
      grants.map((each) => each.recipientKey),
      grants.map((each) => each.judged.version.id),
      grants.map((each) => milestoneIds.get(each.judged)),
      grants.map((each) => each.part),
      grants.map((each) => each.reward.id),
      grants.map((each) => each.reward.provider),
      grants.map((each) => each.value.minor),
      grants.map((each) => each.value.currency),
      grants.map((each) => each.rule.notify.join(",")),
      grants.map(firstState),
      decidedAt,
      ...keyParts(grants),
    ],
  );
  return new Set(rows.map((row) => row.id));
};

/** `connection/kind/crm id` or `people/id`, in three columns; a CRM id may hold slashes. */
const keyParts = (grants: readonly DueGrant[]) => {
  const split = grants.map((each) => /^([^/]*)\/([^/]*)(?:\/(.*))?$/s.exec(each.recipientKey) ?? []);
  return [1, 2, 3].map((part) => split.map((parts) => parts[part] ?? null));
};

const seenBehind = (people: People, recipientKey: string): SeenPerson[] => {
  const [connection = "", kind, ...rest] = recipientKey.split("/");
  return kind === "user" || kind === "contact" ? [people.seen(connection, kind, rest.join("/"))] : [];
};

const amend = async (tx: Sql, grants: readonly DueGrant[], milestoneIds: ReadonlyMap<Judged, number>) => {
  if (grants.length === 0) return;
  await tx.run(
    `update grants g set milestone_id = t.milestone_id, value_minor = t.value_minor, currency = t.currency,
       cost_minor = t.value_minor, cost_currency = t.currency, part = t.part,
       reward_id = t.reward_id, provider = t.provider, rule_version = t.rule_version
     from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::bigint[])
       as t (id, milestone_id, value_minor, currency, part, reward_id, provider, rule_version) where g.id = t.id`,
    [
      grants.map((each) => each.id),
      grants.map((each) => milestoneIds.get(each.judged)),
      grants.map((each) => each.value.minor),
      grants.map((each) => each.value.currency),
      grants.map((each) => each.part),
      grants.map((each) => each.reward.id),
      grants.map((each) => each.reward.provider),
      grants.map((each) => each.judged.version.id),
    ],
  );
};
