/** What a recipient sees behind their claim link, and what happens when they ask for the reward. */
import { balance } from "../ledger/ledger.ts";
import { exponentOf, type Money, POINTS } from "../money.ts";
import type { RewardContent } from "../rewards/provider.ts";
import { readClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
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
  content: RewardContent | null;
  /** For points: what the recipient has now. */
  pointsBalance?: number;
  workspaceName: string;
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
  const grant = read && (await loadGrant(database, read.grantId));
  if (!read || !grant || grant.claim_version !== read.version || grant.recipient.erased_at) return undefined;
  const expired = read.expiresAt <= now();
  const shows = reveal && !expired && (grant.state === "issued" || grant.state === "redeemed");
  const content = shows ? await contentOf(corridor, grant) : null;
  if (content)
    await database.run("update grants set claimed_at = $2 where id = $1 and claimed_at is null", [grant.id, now()]);

  const language = languageOf(corridor, grant.recipient);
  const titles = await titlesOf(corridor, database, grant);
  const { milestone, deal } = grant.situation;
  const points = grant.value.currency === POINTS ? await balance(database, `points:${grant.recipient.id}`) : [];
  const { matcher } = await corridor.rules.version(grant.rule_version, database);
  const decision = await lastDecision(database, grant.id);
  const until = disputableUntil(corridor, grant, decision?.at ?? null);
  const disputes = await disputesOf(database, grant);
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
    state: expired ? "expired" : grant.state,
    grantedAt: grant.granted_at.toISOString(),
    expiresAt: read.expiresAt.toISOString(),
    content,
    ...(grant.value.currency === POINTS
      ? { pointsBalance: points.find((each) => each.currency === POINTS)?.minor ?? 0 }
      : {}),
    workspaceName: workspace.name,
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

const contentOf = async ({ database, sealer }: Corridor, grant: GrantView): Promise<RewardContent | null> => {
  const row = await database.row<{ content: Buffer | null }>("select content from orders where grant_id = $1", [
    grant.id,
  ]);
  return row?.content ? (JSON.parse(sealer.open(row.content, "reward")) as RewardContent) : null;
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
