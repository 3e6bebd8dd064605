/** The sums of a backtest: by rule, by recipient, and of all. */
import type { Money } from "../money.ts";
import type { Situation } from "../situation.ts";
import { costing, momentOf, type Outcome, outcomesOf, type Range } from "./backtest-outcomes.ts";
import type { Stage } from "./rehearse.ts";

export type Counts = Partial<Record<Outcome, number>>;

export interface RuleTotals {
  rule: string;
  /** Milestones that met all of its conditions. */
  matches: number;
  counts: Counts;
  /** Of what is given, held or asks for approval, by currency. */
  cost: Money[];
}

export interface RecipientTotals {
  recipientKey: string;
  recipient: string;
  grants: number;
  cost: Money[];
}

export interface BacktestTotals {
  /** Every rule of the book, in its order. */
  rules: RuleTotals[];
  /** Those who get the most, at most `MOST_RECIPIENTS`. */
  recipients: RecipientTotals[];
  /** How many people get something. */
  rewarded: number;
  total: { counts: Counts; cost: Money[] };
}

const MOST_RECIPIENTS = 50;
const PAGE = 2_000;

export const totalsOf = async (stage: Stage, range: Range): Promise<BacktestTotals> => {
  const { tx } = stage;
  const values = [range.from, range.until];
  const counted = await tx.rows<{ rule: string; outcome: Outcome; n: number }>(
    `select rule, outcome, count(*)::int as n from (${outcomesOf(stage)}) o group by 1, 2`,
    values,
  );
  const costs = await tx.rows<{ rule: string } & Money>(
    `select rule, sum(cost_minor)::bigint as minor, cost_currency as currency
     from (${outcomesOf(stage)}) o where outcome in ${costing} group by 1, 3 order by 3`,
    values,
  );
  const people = await tx.rows<{
    recipientKey: string;
    recipient: string;
    grants: number;
    cost: Money[];
    rewarded: number;
  }>(
    `with sums as (
       select recipient_key, max(recipient) as recipient, cost_currency, count(*) as grants, sum(cost_minor) as minor
       from (${outcomesOf(stage)}) o where outcome in ${costing} group by 1, 3)
     select recipient_key as "recipientKey", max(recipient) as recipient, sum(grants)::int as grants,
       json_agg(json_build_object('minor', minor, 'currency', cost_currency) order by cost_currency) as cost,
       (count(*) over ())::int as rewarded
     from sums group by 1 order by max(minor) desc, 1 limit ${MOST_RECIPIENTS}`,
    values,
  );
  const matches = await matchesOf(stage, range);
  const { book } = stage.corridor.rules.current().matcher;
  const rules = book.rules.map(({ id }) => ({
    rule: id,
    matches: matches.get(id) ?? 0,
    counts: Object.fromEntries(counted.filter(({ rule }) => rule === id).map(({ outcome, n }) => [outcome, n])),
    cost: costs.filter(({ rule }) => rule === id).map(({ minor, currency }) => ({ minor, currency })),
  }));
  return {
    rules,
    recipients: people.map(({ rewarded: _, ...person }) => person),
    rewarded: people[0]?.rewarded ?? 0,
    total: { counts: addCounts(rules.map((each) => each.counts)), cost: addMoney(rules.flatMap((each) => each.cost)) },
  };
};

const addCounts = (all: readonly Counts[]): Counts => {
  const sum: Counts = {};
  for (const counts of all)
    for (const [outcome, n] of Object.entries(counts) as [Outcome, number][]) sum[outcome] = (sum[outcome] ?? 0) + n;
  return sum;
};

const addMoney = (all: readonly Money[]): Money[] =>
  [...Map.groupBy(all, (money) => money.currency)].map(([currency, each]) => ({
    minor: each.reduce((sum, { minor }) => sum + minor, 0),
    currency,
  }));

/** How often each rule's conditions held: asked of the rules once more, since a match without a recipient leaves no row. */
const matchesOf = async ({ tx, corridor }: Stage, { from, until }: Range): Promise<Map<string, number>> => {
  const { matcher } = corridor.rules.current();
  const matches = new Map<string, number>();
  for (let after = 0; ; ) {
    const rows = await tx.rows<{ id: number; situation: Situation }>(
      `select id, situation from milestones m
       where id > $1 and ${momentOf("m")} >= $2 and ${momentOf("m")} < $3 and not withdrawn and matched order by id limit ${PAGE}`,
      [after, from, until],
    );
    for (const { situation } of rows)
      for (const { rule } of matcher.match(situation)) matches.set(rule.id, (matches.get(rule.id) ?? 0) + 1);
    const last = rows.at(-1);
    if (!last) return matches;
    after = last.id;
  }
};
