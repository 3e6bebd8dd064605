/**
 * A recipient says from their own page that a reward is not right, or missing. It becomes an item in the queue of approvals,
 * with what the rules saw at that moment. Accepting it pays nothing by itself: what pays is a rule, after the CRM was put
 * right, or who accepts it gives what a rule would have given (`give-disputed.ts`).
 */
import type { Sql } from "../db/sql.ts";
import { ADMINS, approverGroups, MANAGER } from "../users.ts";
import { explainGrant, explainMissing } from "./approvals-explain.ts";
import { readClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
import { disputableUntil, lastDecision } from "./dispute-window.ts";
import { type GrantView, loadGrant } from "./grant-view.ts";
import { tidyText } from "./tidy-text.ts";

/** What a recipient wrote. */
export interface Complaint {
  what: "this" | "missing";
  /** The deal that they mean, by name or by its id in the CRM. */
  about: string | null;
  text: string;
}

export type Raised =
  | { ok: true }
  | { ok: false; why: "not_found" | "no_text" | "too_long" | "too_many" | "already" | "too_late" };

/** How a recipient sees what they raised. */
export interface RaisedDispute {
  /** Whether it is about the reward of this page. */
  this: boolean;
  about: string | null;
  text: string;
  /** ISO 8601, UTC. */
  raisedAt: string;
  state: "open" | "approved" | "declined" | "withdrawn" | "expired";
  answer: string | null;
  /** Who accepted it gave the reward: it comes as any other. */
  given: boolean;
}

export const LONGEST_TEXT = 1_000;
export const LONGEST_ABOUT = 200;
const MOST_OPEN = 3;

/** From the page behind a claim link. A refusal is a value: each says what the page should ask for instead. */
export const raiseDispute = (corridor: Corridor, token: string, complaint: Complaint): Promise<Raised> =>
  corridor.database.transaction(async (tx) => {
    const now = corridor.now();
    const read = readClaimToken(corridor.sealer, token);
    const grant = read && (await loadGrant(tx, read.grantId));
    if (!read || !grant || grant.claim_version !== read.version || grant.recipient.erased_at || read.expiresAt <= now)
      return { ok: false, why: "not_found" };
    const text = tidyText(complaint.text);
    const about = complaint.what === "missing" ? tidyText(complaint.about ?? "") || null : null;
    if (text === "") return { ok: false, why: "no_text" };
    if (text.length > LONGEST_TEXT || (about?.length ?? 0) > LONGEST_ABOUT) return { ok: false, why: "too_long" };
    if (!(await inTime(corridor, tx, grant, complaint.what))) return { ok: false, why: "too_late" };

    // one recipient's disputes one after the other, or several at once would each count the same few
    await tx.run("select from recipients where id = $1 for no key update", [grant.recipient.id]);
    const open = await tx.rows<{ grant_id: string | null }>(
      `select d.grant_id from disputes d join approvals a on a.dispute_id = d.id
       where d.recipient_id = $1 and a.state = 'open'`,
      [grant.recipient.id],
    );
    if (complaint.what === "this" && open.some((each) => each.grant_id === grant.id))
      return { ok: false, why: "already" };
    if (open.length >= MOST_OPEN) return { ok: false, why: "too_many" };

    const mine = complaint.what === "this";
    const explanation = mine
      ? await explainGrant(corridor, tx, grant.id)
      : await explainMissing(corridor, tx, grant.recipient.id, about);
    await tx.run(
      `with raised as (
         insert into disputes (recipient_id, grant_id, about, text, explanation, raised_at, raised_on)
         values ($1, $2, $3, $4, $5, $6, $8) returning id, grant_id
       )
       insert into approvals (kind, grant_id, dispute_id, approver_group, requested_at)
       select 'dispute', grant_id, id, $7, $6 from raised`,
      [
        grant.recipient.id,
        mine ? grant.id : null,
        about,
        text,
        JSON.stringify(explanation),
        now,
        mine ? await groupFor(corridor, tx, grant) : ADMINS,
        grant.id,
      ],
    );
    corridor.log.step("disputed", { grant: grant.id, what: complaint.what });
    return { ok: true };
  });

/** What this recipient raised about this grant, or on its page about one that they missed, or what brought it. Newest first. */
export const disputesOf = async (sql: Sql, grant: GrantView): Promise<RaisedDispute[]> => {
  const rows = await sql.rows<Omit<RaisedDispute, "raisedAt"> & { raised_at: Date }>(
    `select d.grant_id is not null as this, d.about, d.text, d.raised_at, a.state, a.reason as answer, a.gave is not null as given
     from disputes d join approvals a on a.dispute_id = d.id
     where d.recipient_id = $1 and (d.grant_id = $2 or a.gave = $2 or (d.grant_id is null and coalesce(d.raised_on, $2) = $2))
     order by d.raised_at desc, d.id limit 20`,
    [grant.recipient.id, grant.id],
  );
  return rows.map(({ raised_at, ...rest }) => ({ ...rest, raisedAt: raised_at.toISOString() }));
};

/** What a person no longer asks once they are forgotten: their words go, the decision stays. */
export const forgetDisputes = async (tx: Sql): Promise<void> => {
  await tx.run(
    `update disputes d set text = '', about = null, explanation = '[]' from recipients r
     where r.id = d.recipient_id and r.erased_at is not null and d.text <> ''`,
  );
};

const inTime = async (corridor: Corridor, tx: Sql, grant: GrantView, what: Complaint["what"]) => {
  if (what === "missing") return corridor.workspace.disputeDays > 0;
  const until = disputableUntil(corridor, grant, (await lastDecision(tx, grant.id))?.at ?? null);
  return until !== null && corridor.now() < until;
};

/** Who approves rewards of this rule also answers about them, as long as there is such a group. */
const groupFor = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<string> => {
  const { matcher } = await corridor.rules.version(grant.rule_version, tx);
  const group = matcher.book.rules.find((each) => each.id === grant.rule_id)?.approval?.by;
  if (group === MANAGER) return grant.recipient.manager === null ? ADMINS : MANAGER;
  return group !== undefined && approverGroups(corridor).has(group) ? group : ADMINS;
};
