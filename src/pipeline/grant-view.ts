/** A grant with everything around it, as the later steps, the claim page and the journeys need it. */
import type { Sql } from "../db/sql.ts";
import type { GrantState } from "../ledger/grant-states.ts";
import type { Money } from "../money.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { isOffer, offerTitle } from "./offer-rule.ts";

export interface GrantView {
  id: string;
  state: GrantState;
  waiting: string | null;
  not_before: Date;
  granted_at: Date;
  rule_id: string;
  rule_version: number;
  reward_id: string;
  provider: string;
  value: Money;
  /** What the ledger moves: the value, in its budget's currency where it has one. */
  cost: Money;
  budget: string | null;
  /** Counts its orders: raised when it comes back after one was taken back. */
  round: number;
  /** Its orders from this round on belong to the present walk through the providers of its reward. */
  walk_from: number;
  /** What providers refused for good in earlier rounds than this was before a person tried it again. */
  retried_from: number;
  /** Set where a person tried it again: the rule version that its reward is read from since. */
  reward_version: number | null;
  /** What of the cost paid a debt instead. */
  netted_minor: number;
  clawback: boolean;
  undone_at: Date | null;
  undone_why: string | null;
  /** The `undone_at` that was acted upon. */
  undone_done: Date | null;
  taking_back_at: Date | null;
  /** Who takes it back by hand, or took it. */
  taken_by: string | null;
  notify: string[];
  claim_version: number;
  claimed_at: Date | null;
  situation: Situation;
  recipient: Recipient & {
    /** A browser of theirs takes notifications. */
    has_device: boolean;
  };
}

type Row = Omit<GrantView, "value" | "cost"> & {
  value_minor: number;
  currency: string;
  cost_minor: number;
  cost_currency: string;
};

/** Undefined where there is no such grant. `lock`: nobody else changes the grant until the transaction ends. */
export const loadGrant = async (
  sql: Sql,
  id: string,
  options: { lock?: boolean } = {},
): Promise<GrantView | undefined> => {
  const row = await sql.row<Row>(
    `select g.id, g.state, g.waiting, g.not_before, g.granted_at, g.rule_id, g.rule_version, g.reward_id, g.provider, g.value_minor,
       g.currency, g.cost_minor, g.cost_currency, g.budget, g.round, g.walk_from, g.retried_from, g.reward_version, g.netted_minor, g.clawback, g.undone_at, g.undone_why,
       g.undone_done, g.taking_back_at, g.taken_by, g.notify, g.claim_version, g.claimed_at, m.situation, to_jsonb(r) || jsonb_build_object(
         'has_device', exists (select from push_subscriptions p where p.recipient_id = r.id)) as recipient
     from grants g join milestones m on m.id = g.milestone_id join recipients r on r.id = g.recipient_id
     where g.id = $1${options.lock ? " for no key update of g" : ""}`,
    [id],
  );
  return (
    row && {
      ...row,
      value: { minor: row.value_minor, currency: row.currency },
      cost: { minor: row.cost_minor, currency: row.cost_currency },
    }
  );
};

/** In SQL: what a milestone `m` is about, for people: `deal Rossi`. */
export const aboutColumn =
  "m.subject_kind || ' ' || coalesce(m.situation #>> '{deal,name}', m.situation #>> '{contact,name}', m.subject_id)";

/** Titles by language, and the reward's providers with its options at each, from the rule version that made the grant, or, of one that
 * a person tried again, from the one in force then. */
export const titlesOf = async (
  corridor: Corridor,
  sql: Sql,
  grant: Pick<GrantView, "rule_id" | "rule_version" | "reward_id"> & Partial<Pick<GrantView, "reward_version">>,
) => {
  const { matcher } = await corridor.rules.version(grant.rule_version, sql);
  const rule = matcher.book.rules.find((each) => each.id === grant.rule_id);
  const since = grant.reward_version ? await corridor.rules.version(grant.reward_version, sql) : undefined;
  const reward = (since?.matcher ?? matcher).book.rewards.find((each) => each.id === grant.reward_id);
  return {
    rule: isOffer(grant) ? offerTitle : (rule?.title ?? { en: grant.rule_id }),
    reward: reward?.title ?? null,
    options: reward?.options ?? {},
    via: reward?.via ?? [],
  };
};

/** One title, in this language or the next best. */
export const titleIn = (corridor: Corridor, titles: Readonly<Record<string, string>>, language: string): string =>
  titles[language] ?? titles[corridor.workspace.language] ?? titles.en ?? Object.values(titles)[0] ?? "";

/** Whether the recipient is the contact that the milestone is about. */
export const isAboutRecipient = ({ situation, recipient }: GrantView): boolean =>
  situation.milestone.subject.kind === "contact" && recipient.kind === "customer";

/** How somebody is addressed; null where no name is known. */
export const firstNameOf = ({ first_name, name }: Pick<Recipient, "first_name" | "name">): string | null =>
  first_name ?? name?.split(/\s+/)[0] ?? null;

/** The name of what a milestone is about; null where none is known. */
export const subjectNameOf = ({ deal, contact, lead, company }: Situation): string | null =>
  deal?.name ?? contact?.name ?? lead?.name ?? company?.name ?? null;

/** The language that somebody is written to in. */
export const languageOf = ({ workspace }: Corridor, recipient: Pick<Recipient, "language">): string =>
  recipient.language ?? workspace.language;
