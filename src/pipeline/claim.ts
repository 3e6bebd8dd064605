/** What a recipient sees behind their claim link, and what happens when they ask for the reward. */
import type { Sql } from "../db/sql.ts";
import { balance } from "../ledger/ledger.ts";
import { undoneInWords } from "../ledger/undone.ts";
import { exponentOf, type Money, POINTS } from "../money.ts";
import type { TaskState } from "../rewards/index.ts";
import type { RewardContent } from "../rewards/provider.ts";
import { type ClaimToken, readClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
import { debtsOfGrant } from "./debts.ts";
import { disputableUntil, type LastDecision, lastDecision } from "./dispute-window.ts";
import { disputesOf, type RaisedDispute } from "./disputes.ts";
import {
  firstNameOf,
  type GrantView,
  isAboutRecipient,
  languageOf,
  loadGrant,
  subjectNameOf,
  titleIn,
  titlesOf,
} from "./grant-view.ts";
import { type ShownContent, shownContent, taskStateOf } from "./shown-content.ts";

/** One grant as its recipient may see it. */
export interface Claim {
  /** BCP 47: `it`, `en-GB`. Decides words, amounts and dates. */
  language: string;
  /** IANA name; dates are in UTC without it. */
  timeZone?: string;
  recipientFirstName: string | null;
  /** The reward's title, in the recipient's language. */
  title: string;
  worth: Money;
  /** The milestone behind it, for one sentence. */
  reason: {
    type: string;
    subjectName: string | null;
    /** The recipient is the one the milestone is about: "thank you for subscribing", not "Anna subscribed". */
    isRecipient: boolean;
    amount?: Money;
    cycleDays?: number;
  };
  ruleTitle: string;
  /** A state of the grant: `issued`, `expired`, … */
  state: string;
  /** Instants in UTC, ISO 8601. */
  grantedAt: string;
  expiresAt: string | null;
  /** Null until `reveal` was asked for. */
  content: ShownContent | null;
  /** A person hands it over: how far they are. Known without `reveal`. */
  task?: TaskState;
  /** What it supplied before it was taken back and came back: the recipient has that as well. Empty until `reveal`. */
  earlier?: readonly ShownContent[];
  /** The part of it that paid a debt of the recipient instead. */
  netted?: Money;
  /** Set once it is not due any more: why, in the recipient's language and in the middle of a sentence (null where it
   * is not known), and what is still owed from it (zero where all of it was paid or let off). */
  undone?: { reason: string | null; owed: Money };
  /** The provider is being asked to take it back: nothing can be shown until it has answered. */
  takingBack?: boolean;
  /** For points: what the recipient has now. */
  pointsBalance?: number;
  workspaceName: string;
  /** A message about it waits for the end of their quiet hours: until then, ISO 8601. */
  tellAt?: string;
  /** How the approval that it needed ended, where it was not given for that: who reads it was told so. */
  notApproved: { how: "declined" | "expired"; at: string; reason: string | null } | null;
  /** What the recipient can still say about it: `this` until then, `missing` while the link works. */
  canDispute: { until: string | null; missing: boolean };
  /** What they said, newest first, and what came of it. */
  disputes: readonly RaisedDispute[];
  /** The rule's conditions, as the admin wrote them, with what was seen. */
  why: readonly { text: string; held: boolean; saw: string }[];
}

/** The claim behind a token, without its content. Undefined for a token that is not ours, was revoked, or belongs to nobody. */
export const viewClaim = (corridor: Corridor, token: string): Promise<Claim | undefined> =>
  claim(corridor, token, false);

/** The same with its content, once there is any; notes the first time that the recipient asked. */
export const revealClaim = (corridor: Corridor, token: string): Promise<Claim | undefined> =>
  claim(corridor, token, true);

const claim = async (corridor: Corridor, token: string, reveal: boolean): Promise<Claim | undefined> => {
  const { database, sealer, now, workspace } = corridor;
  const read = readClaimToken(sealer, token);
  // looked at and noted in one go: a reveal and a cancellation at the provider never both win
  const seen = read && (await database.transaction((tx) => look(corridor, tx, read, reveal)));
  if (!read || !seen) return undefined;
  const { grant, contents, task } = seen;
  const [content = null, ...earlier] = contents;
  const expired = read.expiresAt <= now();

  const language = languageOf(corridor, grant.recipient);
  const titles = await titlesOf(corridor, database, grant);
  const { milestone, deal } = grant.situation;
  const points = grant.value.currency === POINTS ? await balance(database, `points:${grant.recipient.id}`) : [];
  const { matcher } = await corridor.rules.version(grant.rule_version, database);
  const decision = await lastDecision(database, grant.id);
  const until = disputableUntil(corridor, grant, decision?.at ?? null);
  const disputes = await disputesOf(database, grant);
  const quiet = await database.row<{ at: Date }>(
    "select quiet_until as at from messages where grant_id = $1 and state = 'queued' and quiet_until > $2 limit 1",
    [grant.id, now()],
  );
  const tellAt = quiet?.at.toISOString();
  const open = disputes.some((each) => each.this && each.state === "open");
  const [trace] = matcher.explain(grant.situation, grant.rule_id);
  return {
    language,
    ...(grant.recipient.time_zone ? { timeZone: grant.recipient.time_zone } : {}),
    recipientFirstName: firstNameOf(grant.recipient),
    title: titleIn(corridor, titles.reward ?? titles.rule, language),
    worth: grant.value,
    reason: {
      type: milestone.type,
      isRecipient: isAboutRecipient(grant),
      subjectName: subjectNameOf(grant.situation),
      ...(deal?.amount_original == null
        ? {}
        : { amount: asMoney(deal.amount_original, deal.currency ?? workspace.currency) }),
      ...(deal?.cycle_days == null ? {} : { cycleDays: deal.cycle_days }),
    },
    ruleTitle: titleIn(corridor, titles.rule, language),
    state: expired && !isUndone(grant) ? "expired" : grant.state,
    grantedAt: grant.granted_at.toISOString(),
    expiresAt: read.expiresAt.toISOString(),
    content,
    ...(task ? { task } : {}),
    ...(earlier.length > 0 ? { earlier } : {}),
    ...(grant.netted_minor > 0 ? { netted: { ...grant.cost, minor: grant.netted_minor } } : {}),
    ...(isUndone(grant) ? { undone: await undoneOf(database, grant, language) } : {}),
    ...(grant.taking_back_at ? { takingBack: true } : {}),
    ...(grant.value.currency === POINTS
      ? { pointsBalance: points.find((each) => each.currency === POINTS)?.minor ?? 0 }
      : {}),
    workspaceName: workspace.name,
    ...(tellAt ? { tellAt } : {}),
    notApproved: notApproved(grant, decision),
    canDispute: {
      until: until && until > now() && !expired && !open ? until.toISOString() : null,
      missing: workspace.disputeDays > 0 && !expired,
    },
    disputes,
    why: (trace?.lines ?? []).map((line) => ({ text: line.text, held: line.held, saw: sawText(line.saw) })),
  };
};

const notApproved = ({ state }: GrantView, decision: LastDecision | undefined): Claim["notApproved"] =>
  (state === "declined" || state === "expired") && decision?.state === state
    ? { how: state, at: decision.at.toISOString(), reason: decision.reason }
    : null;

const look = async (corridor: Corridor, tx: Sql, read: ClaimToken, reveal: boolean) => {
  const grant = await loadGrant(tx, read.grantId, { lock: reveal });
  if (!grant || grant.recipient.erased_at) return undefined;
  // taking a reward back revokes its links; those that were good until then still say what happened
  const current = read.version === grant.claim_version;
  if (!current && !(isUndone(grant) && read.version === grant.claim_version - 1)) return undefined;
  const now = corridor.now();
  const shows =
    reveal && read.expiresAt > now && (grant.state === "issued" || grant.state === "redeemed") && !grant.taking_back_at;
  const contents = shows ? await contentsOf(corridor, tx, grant) : [];
  if (contents.length > 0)
    await tx.run("update grants set claimed_at = $2 where id = $1 and claimed_at is null", [grant.id, now]);
  return { grant, contents, task: await taskStateOf(tx, grant.id) };
};

const isUndone = ({ state }: GrantView) => state === "cancelled" || state === "clawed_back";

const undoneOf = async (sql: Sql, grant: GrantView, language: string) => {
  const debts = await debtsOfGrant(sql, grant.id);
  const owed = debts.reduce((sum, debt) => sum + debt.open_minor + debt.promised_minor, 0);
  return {
    reason: grant.undone_why === null ? null : undoneInWords(grant.undone_why, language),
    owed: { ...grant.cost, minor: owed },
  };
};

/** The newest first; what was taken back is not among them. */
const contentsOf = async ({ sealer }: Corridor, sql: Sql, grant: GrantView): Promise<ShownContent[]> => {
  const rows = await sql.rows<{ content: Buffer }>(
    `select content from (
       select content, 32767 as round from orders where grant_id = $1 union all
       select content, round from orders_past where grant_id = $1 and taken_back_at is null) as o
     where content is not null order by round desc`,
    [grant.id],
  );
  const contents = rows.map((row) => JSON.parse(sealer.open(row.content, "reward")) as RewardContent);
  const shown: ShownContent[] = [];
  for (const content of contents) shown.push(await shownContent(sql, content));
  return shown;
};

/** A deal's amount as money, for showing: whole units where it has no decimals. */
const asMoney = (amount: number, currency: string): Money => ({
  minor: Math.round(amount * 10 ** exponent(currency)),
  currency,
});
const exponent = (currency: string) => exponentOf(currency) ?? 2;

/** `deal.amount = 62000, owner.team = "EMEA"` */
export const sawText = (saw: Readonly<Record<string, unknown>>): string =>
  Object.entries(saw)
    .map(([path, value]) => `${path} = ${value === null || value === undefined ? "not known" : JSON.stringify(value)}`)
    .join(", ");
