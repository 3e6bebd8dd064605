/** What a test got, held against what it expected; for what is missing, the condition that did not hold. */
import type { LineTrace } from "../engine/index.ts";
import type { Money } from "../money.ts";
import type { Situation } from "../situation.ts";
import { type Outcome, outcomesOf } from "./backtest-outcomes.ts";
import type { Stage } from "./rehearse.ts";
import type { ExpectedState, RuleTest } from "./rule-test-file.ts";

/** A reward that a test got, or one that was stopped. */
export interface Got {
  rule: string;
  to: string;
  value: Money;
  state: ExpectedState;
  /** `once`, `limit` or `budget` where it was stopped. */
  stoppedBy: string | null;
}

export type TestFailure =
  | { kind: "missing"; expected: RuleTest["expect"][number]; got: Got[]; whyNot: WhyNot }
  | { kind: "unexpected"; got: Got }
  /** A condition that should have held, or should have failed, and did the opposite. */
  | { kind: "because"; line: string; shouldHold: boolean; seen: LineTrace | null };

/** Why a rule gave nothing: its milestone never came, the conditions that did not hold, or all held and nobody was there to get it. */
export type WhyNot = { noMilestone: string } | { lines: LineTrace[] } | { matched: true };

interface Row {
  rule: string;
  recipient_key: string;
  names: string[];
  outcome: Outcome;
  minor: number;
  currency: string;
}

export const judgeTest = async (stage: Stage, test: RuleTest): Promise<TestFailure[]> => {
  const rows = await stage.tx.rows<Row>(
    `select o.rule, o.recipient_key, o.outcome, o.minor, o.currency,
       array_remove(array[lower(r.email), lower(r.name), o.recipient_key, regexp_replace(o.recipient_key, '^[^/]*/[^/]*/', '')], null) as names
     from (${outcomesOf(stage)}) o left join recipients r on r.id = o.recipient_id order by o.at, o.rule, o.id`,
    [new Date(0), new Date("9999-01-01")],
  );
  const left = rows.map((row) => ({ row, got: gotOf(row) }));
  const situations = await situationsOf(stage);
  const failures: TestFailure[] = [];
  for (const expected of test.expect) {
    const at = left.findIndex(({ row, got }) => fits(expected, row, got));
    if (at >= 0) left.splice(at, 1);
    else {
      const got = left.flatMap((each) => (each.got.rule === expected.rule ? [each.got] : []));
      failures.push({ kind: "missing", expected, got, whyNot: whyNot(stage, situations, expected.rule) });
    }
  }
  const named = new Set(test.expect.map(({ rule }) => rule));
  const none = test.expectNone === true ? undefined : new Set(test.expectNone);
  for (const { got } of left) {
    const explained = failures.some((each) => each.kind === "missing" && each.expected.rule === got.rule);
    if (counts(got) && !explained && (none === undefined || none.has(got.rule) || named.has(got.rule)))
      failures.push({ kind: "unexpected", got });
  }
  return [...failures, ...judgeReasons(stage, situations, test)];
};

const gotOf = ({ rule, names, outcome, minor, currency, recipient_key }: Row): Got => ({
  rule,
  to: names[0] ?? recipient_key,
  value: { minor, currency },
  state: outcome.startsWith("stopped_") ? "stopped" : (outcome as ExpectedState),
  stoppedBy: outcome.startsWith("stopped_") ? outcome.slice("stopped_".length) : null,
});

/** Whether somebody gets it, now or later. */
const counts = ({ state }: Got) =>
  state === "given" || state === "held" || state === "awaiting_approval" || state === "shadow";

const fits = ({ rule, to, value, state }: RuleTest["expect"][number], row: Row, got: Got): boolean =>
  rule === got.rule &&
  (to === undefined || row.names.includes(to) || row.names.includes(to.toLowerCase())) &&
  (value === undefined || (value.minor === got.value.minor && value.currency === got.value.currency)) &&
  (state === undefined ? counts(got) : state === got.state);

const situationsOf = async ({ tx }: Stage): Promise<Situation[]> =>
  (
    await tx.rows<{ situation: Situation }>(
      "select situation from milestones where situation ? 'milestone' and not withdrawn order by occurred_at, id",
    )
  ).map(({ situation }) => situation);

const tracesOf = (stage: Stage, situations: readonly Situation[], rule: string) =>
  situations
    .flatMap((situation) => stage.corridor.rules.current().matcher.explain(situation, rule))
    .filter(({ verdict }) => verdict !== "not_listening");

const whyNot = (stage: Stage, situations: readonly Situation[], ruleId: string): WhyNot => {
  const { book } = stage.corridor.rules.current().matcher;
  const traces = tracesOf(stage, situations, ruleId);
  if (traces.length === 0) return { noMilestone: book.rules.find(({ id }) => id === ruleId)?.on ?? "" };
  const nearest = traces
    .map(({ verdict, lines }) => ({ verdict, unmet: lines.filter(({ held }) => !held) }))
    .sort((a, b) => a.unmet.length - b.unmet.length)[0];
  return !nearest || nearest.verdict === "matched" ? { matched: true } : { lines: nearest.unmet };
};

/** With `expect:` the conditions held; without it they are what failed. */
const judgeReasons = (stage: Stage, situations: readonly Situation[], test: RuleTest): TestFailure[] => {
  const shouldHold = test.expect.length > 0;
  const { book } = stage.corridor.rules.current().matcher;
  const rules = shouldHold
    ? test.expect.map(({ rule }) => rule)
    : test.expectNone === true
      ? book.rules.map(({ id }) => id)
      : test.expectNone;
  const lines =
    test.because.length === 0
      ? []
      : rules.flatMap((rule) => tracesOf(stage, situations, rule)).flatMap((trace) => trace.lines);
  return test.because.flatMap((line): TestFailure[] => {
    const seen = lines.filter(({ text }) => text === line);
    return seen.some(({ held }) => held === shouldHold)
      ? []
      : [{ kind: "because", line, shouldHold, seen: seen.at(-1) ?? null }];
  });
};
