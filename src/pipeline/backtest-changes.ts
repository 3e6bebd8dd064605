/** How two rule books differ over the same past: grant by grant, and summed up for each person. */
import type { Money } from "../money.ts";
import { costing, type Outcome, outcomesOf, type Range, sidesOf } from "./backtest-outcomes.ts";
import type { Rehearsal, Stage } from "./rehearse.ts";

export interface Side {
  outcome: Outcome;
  value: Money;
}

/** One grant, or what would have been one, under both books; null where a book wants none. */
export interface Change {
  change: "same" | "gained" | "lost" | "changed";
  rule: string;
  milestone: string;
  connection: string;
  /** `deal Rossi`. */
  subject: string;
  /** ISO 8601, UTC. */
  at: string;
  /** Number of the recorded event that showed it, for `rules explain`; null for imported history. */
  event: number | null;
  recipientKey: string;
  recipient: string;
  before: Side | null;
  after: Side | null;
}

export interface Difference {
  recipientKey: string;
  recipient: string;
  /** Grants more or fewer than with the version in force. */
  grants: number;
  /** Negative: gets less. */
  cost: Money;
}

export interface Changes {
  /** Milestones at which somebody gets something else than before. */
  changed: number;
  /** The first of them. */
  first: Change[];
  /** Who gains or loses, the most first; at most `MOST_PEOPLE`. */
  people: Difference[];
  gaining: number;
  losing: number;
  cost: Money[];
}

const FIRST = 20;
const MOST_PEOPLE = 50;
const PAGE = 2_000;

export const differenceOf = async (
  rehearsal: Rehearsal,
  before: Stage,
  after: Stage,
  range: Range,
): Promise<Changes> => {
  const { tx } = rehearsal;
  const values = [range.from, range.until];
  const sums = `
    select recipient_key, max(recipient) as recipient, cost_currency as currency, sum(n)::int as grants, sum(minor)::bigint as minor
    from (
      select recipient_key, recipient, cost_currency, 1 as n, cost_minor as minor from (${outcomesOf(after)}) a where outcome in ${costing}
      union all
      select recipient_key, recipient, cost_currency, -1, -cost_minor from (${outcomesOf(before)}) b where outcome in ${costing}
    ) both_sides group by recipient_key, cost_currency`;
  const people = await tx.rows<{ recipientKey: string; recipient: string; grants: number } & Money>(
    `select recipient_key as "recipientKey", recipient, grants, minor, currency from (${sums}) s
     where minor <> 0 or grants <> 0 order by abs(minor) desc, recipient_key limit ${MOST_PEOPLE}`,
    values,
  );
  const summed = await tx.row<{ gaining: number; losing: number }>(
    `select count(*) filter (where minor > 0)::int as gaining, count(*) filter (where minor < 0)::int as losing from (${sums}) s`,
    values,
  );
  const cost = await tx.rows<Money>(
    `select sum(minor)::bigint as minor, currency from (${sums}) s group by currency order by currency`,
    values,
  );
  const changed = await tx.row<{ n: number }>(
    `select count(*)::int as n from (${joined(rehearsal, before, after, "changed")}) j`,
    values,
  );
  const first: Change[] = [];
  for await (const change of changesBetween(rehearsal, before, after, range, "changed")) {
    first.push(change);
    if (first.length === FIRST) break;
  }
  return {
    changed: changed?.n ?? 0,
    first,
    people: people.map(({ minor, currency, ...person }) => ({ ...person, cost: { minor, currency } })),
    gaining: summed?.gaining ?? 0,
    losing: summed?.losing ?? 0,
    cost: cost.filter(({ minor }) => minor !== 0),
  };
};

interface Row extends Omit<Change, "before" | "after"> {
  before_outcome: Outcome | null;
  before_minor: number | null;
  before_currency: string | null;
  after_outcome: Outcome | null;
  after_minor: number | null;
  after_currency: string | null;
}

/** Grants of both sides in the order of their milestones, read through a cursor. `changed`: only where somebody gets something else. */
export async function* changesBetween(
  rehearsal: Rehearsal,
  before: Stage | undefined,
  after: Stage,
  range: Range,
  which: "all" | "changed",
): AsyncGenerator<Change> {
  const { tx } = rehearsal;
  await tx.run(
    `declare changes no scroll cursor for ${joined(rehearsal, before, after, which)} order by at, rule, "recipientKey", id`,
    [range.from, range.until],
  );
  try {
    for (;;) {
      const rows = await tx.rows<Row>(`fetch ${PAGE} from changes`);
      if (rows.length === 0) return;
      for (const row of rows) yield changeOf(row);
    }
  } finally {
    await tx.run("close changes");
  }
}

const changeOf = (row: Row): Change => {
  const { before_outcome, before_minor, before_currency, after_outcome, after_minor, after_currency, ...rest } = row;
  return {
    change: rest.change,
    rule: rest.rule,
    milestone: rest.milestone,
    connection: rest.connection,
    subject: rest.subject,
    at: rest.at,
    event: rest.event,
    recipientKey: rest.recipientKey,
    recipient: rest.recipient,
    before: before_outcome && {
      outcome: before_outcome,
      value: { minor: before_minor ?? 0, currency: before_currency ?? "" },
    },
    after: after_outcome && {
      outcome: after_outcome,
      value: { minor: after_minor ?? 0, currency: after_currency ?? "" },
    },
  };
};

/** A grant has the same id under both books: rule, what it is counted once for, and recipient. */
const joined = ({ real }: Rehearsal, before: Stage | undefined, after: Stage, which: "all" | "changed"): string => {
  const nothing = `select * from (${sidesOf(after)}) none where false`;
  const pays = (side: string) => `coalesce(${side}.outcome in ${costing}, false)`;
  const change = `case when ${before === undefined} then 'same'
      when ${pays("a")} and not ${pays("b")} then 'gained' when ${pays("b")} and not ${pays("a")} then 'lost'
      when ${pays("a")} and (a.minor, a.currency, a.outcome) is distinct from (b.minor, b.currency, b.outcome) then 'changed'
      else 'same' end`;
  const both = (column: string) => `coalesce(a.${column}, b.${column})`;
  return `select j.*, e.id as event from (
      select ${both("id")} as id, ${change} as change, ${both("rule")} as rule, ${both("milestone")} as milestone,
        ${both("connection")} as connection, ${both("subject")} as subject,
        to_char(${both("at")} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, ${both("event_key")} as event_key,
        ${both("recipient_key")} as "recipientKey", ${both("recipient")} as recipient,
        b.outcome as before_outcome, b.minor as before_minor, b.currency as before_currency,
        a.outcome as after_outcome, a.minor as after_minor, a.currency as after_currency
      from (${sidesOf(after)}) a full join (${before ? sidesOf(before) : nothing}) b on b.id = a.id
    ) j left join ${real}.events e on e.connection = j.connection and e.key = j.event_key
    where ${which === "all" ? "true" : "change <> 'same'"}`;
};
