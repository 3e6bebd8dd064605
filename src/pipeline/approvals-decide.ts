/** A person decides: one wins, whoever comes second is told who did. Every decision is a move of the grant under their name. */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import { reason as ofOurs } from "../ledger/move-reasons.ts";
import { type User, userWithEmail } from "../users.ts";
import { keepApprovals, tellOf } from "./approvals-keep.ts";
import { type Asked, aroundApprovals, askedColumns, type NotTheirs, whyNotTheirs } from "./approver.ts";
import type { Corridor } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { type Give, giveDisputed } from "./give-disputed.ts";
import { loadGrant } from "./grant-view.ts";
import { tidyText } from "./tidy-text.ts";

export interface Decision {
  decision: "approve" | "decline";
  /** At most 1,000 characters. Needed to decline, and for every dispute: it is what the recipient reads. */
  reason: string | null;
  /** Of a dispute about a reward that is missing, with `approve`: give it. Left out: accepting pays nothing by itself. */
  give?: Give | undefined;
}

export type Decided =
  | { id: string; ok: true; state: "approved" | "declined" }
  | {
      id: string;
      ok: false;
      code: NotTheirs["code"] | "not_found" | "no_reason" | "reason_too_long" | "decided" | "not_given";
      message: string;
    };

interface Row extends Asked {
  kind: "grant" | "dispute";
  grant_id: string | null;
  asked_minor: number | null;
  asked_currency: string | null;
  state: string;
  decided_at: Date | null;
  decided_by: string | null;
}

const LONGEST_REASON = 1_000;

/** Decides one approval. A refusal says what was found and what was expected, and changes nothing. */
export const decideApproval = async (
  corridor: Corridor,
  user: User,
  id: string,
  decision: Decision,
): Promise<Decided> => {
  await keepApprovals(corridor);
  return decideKept(corridor, user, id, decision);
};

/** Decides each of several on its own: one that cannot be decided does not stop the others. Same order. */
export const decideApprovals = async (
  corridor: Corridor,
  user: User,
  ids: readonly string[],
  decision: Decision,
): Promise<Decided[]> => {
  await keepApprovals(corridor);
  const decided: Decided[] = [];
  for (const id of ids) decided.push(await decideKept(corridor, user, id, decision));
  return decided;
};

const decideKept = async (corridor: Corridor, user: User, id: string, decision: Decision): Promise<Decided> => {
  const {
    result,
    fulfil = [],
    notify = [],
  } = await corridor.database.transaction((tx) => work(corridor, tx, user, id, decision));
  // a queue that is away does not undo a decision: the sweeper rings later
  await corridor.doorbell.ring("fulfil", fulfil).catch(() => {});
  await corridor.doorbell.ring("notify", notify).catch(() => {});
  return result;
};

interface Worked {
  result: Decided;
  fulfil?: string[];
  notify?: string[];
}

const work = async (
  corridor: Corridor,
  tx: Sql,
  user: User,
  id: string,
  { decision, reason, give }: Decision,
): Promise<Worked> => {
  // before any row: deciding takes it before it locks grants
  if (give) await takeDecidingLock(tx);
  const refuse = (code: Extract<Decided, { ok: false }>["code"], message: string): Worked => ({
    result: { id, ok: false, code, message },
  });
  const row = await lockApproval(tx, id);
  if (!row) return refuse("not_found", `Found no approval ${id}, expected the id of one that the list shows.`);
  const notTheirs = whyNotTheirs(user, row);
  if (notTheirs) return refuse(notTheirs.code, notTheirs.message);
  if (row.state !== "open") return refuse("decided", becameOf(corridor, row));
  const said = tidyText(reason ?? "") || null;
  if (said && said.length > LONGEST_REASON)
    return refuse(
      "reason_too_long",
      `Found a reason of ${said.length} characters, expected at most ${LONGEST_REASON}.`,
    );
  if (!said && decision === "decline")
    return refuse("no_reason", "Found no reason, expected one: the recipient reads it.");
  if (!said && row.kind === "dispute")
    return refuse("no_reason", "Found no answer, expected one: the recipient reads it on their page.");

  const now = corridor.now();
  const disputed = give && (await missingReward(tx, id));
  if (give && (!disputed || decision === "decline"))
    return refuse(
      "not_given",
      "Found a rule to give by, expected one only where a dispute about a missing reward is accepted.",
    );
  const given =
    give &&
    disputed &&
    (await giveDisputed(corridor, tx, disputed, give, { by: user.email, why: said ?? "", at: now }));
  if (given && !given.ok) return refuse("not_given", given.message);
  const state = decision === "approve" ? "approved" : "declined";
  const { grant_id: grantId } = row;
  await tx.run(
    "update approvals set state = $2, decided_at = $3, decided_by = $4, reason = $5, gave = $6 where id = $1",
    [id, state, now, user.email, said, given?.grant ?? null],
  );
  const result: Decided = { id, ok: true, state };
  if (row.kind === "dispute" || !grantId) return { result, fulfil: given?.fulfil ?? [] };

  const why = said ?? ofOurs("approved");
  const moved = await moveGrants(tx, [{ grantId, from: "awaiting_approval", to: state, actor: user.email, why }]);
  if (!moved.has(grantId)) throw new Error(`grant ${grantId} has an open approval and does not wait for it`);
  corridor.telemetry.grant(state);
  if (state === "approved") {
    await tx.run("update grants set not_before = $2 where id = $1", [grantId, now]);
    return { result, fulfil: [grantId] };
  }
  await freeGrants(tx, [grantId]);
  return { result, notify: await tellOf(corridor, tx, [grantId], "declined") };
};

const missingReward = (tx: Sql, id: string) =>
  tx.row<{ recipientId: string; about: string | null; raisedAt: Date }>(
    `select d.recipient_id as "recipientId", d.about, d.raised_at as "raisedAt" from approvals a join disputes d on d.id = a.dispute_id
     where a.id = $1 and d.grant_id is null`,
    [id],
  );

/** The grant is locked before its approval, as every other step does; one that has moved on takes its approval with it. */
const lockApproval = async (tx: Sql, id: string): Promise<Row | undefined> => {
  const named = await tx.row<{ grant_id: string | null; kind: string }>(
    "select grant_id, kind from approvals where id = $1",
    [id],
  );
  const grant = named?.grant_id ? await loadGrant(tx, named.grant_id, { lock: true }) : undefined;
  const row = await tx.row<Row>(
    `select a.kind, a.grant_id, a.asked_minor, a.asked_currency, a.state, a.decided_at, a.decided_by, ${askedColumns}
     from approvals a ${aroundApprovals} where a.id = $1 for update of a`,
    [id],
  );
  if (row?.kind !== "grant" || row.state !== "open" || !grant) return row;
  const { minor, currency } = grant.value;
  const asked = grant.state === "awaiting_approval" && minor === row.asked_minor && currency === row.asked_currency;
  return asked ? row : { ...row, state: "withdrawn" };
};

const becameOf = ({ users }: Corridor, { state, decided_at, decided_by }: Row): string => {
  const at = decided_at ? ` on ${decided_at.toISOString()}` : "";
  if (state === "expired") return `This expired${at}: nobody had decided by then.`;
  if (state === "withdrawn")
    return `This no longer waits for a decision${at}: the reward went another way, or its value changed and it waits anew.`;
  const by = decided_by === null ? "somebody" : (userWithEmail(users, decided_by)?.name ?? decided_by);
  return `${by} ${state} this${at}. What was decided stays.`;
};
