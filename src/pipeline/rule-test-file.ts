/** `*.test.yaml`: given these events, expect these rewards. Read with its places, so that a mistake is named where it stands. */
import { DateTime } from "luxon";
import { z } from "zod";
import { type RecordKind, recordKinds } from "../events.ts";
import { type Money, parseMoney } from "../money.ts";
import { Person } from "../people/people-file.ts";
import { inWords, type Problem } from "../yaml/problem.ts";
import { readYaml, type SourceFile, type Spot } from "../yaml/yaml-source.ts";

/** How a reward stands at the end of a test. `given`: ordered, or about to be. */
export const expectedStates = [
  "given",
  "held",
  "waiting",
  "awaiting_approval",
  "shadow",
  "cancelled",
  "undone",
  "stopped",
] as const;
export type ExpectedState = (typeof expectedStates)[number];

const Id = z.union([z.string().min(1), z.number().transform(String)], "an id: text or a number");
const Moment = z.string("a day or a moment: 2026-10-01T10:00Z");
const Values = z.record(z.string(), z.unknown(), "a map of fields and their values");

/** `{ on: 2026-10-01T10:00Z, deal: rossi, set: { amount: 62000 } }` */
const Change = z
  .strictObject(
    {
      on: Moment,
      ...Object.fromEntries(recordKinds.map((kind) => [kind, Id.optional()])),
      set: Values.optional(),
      happens: z.string("a milestone that is posted: survey.answered").optional(),
      details: Values.optional(),
    },
    "an event: on, the record (deal: rossi) and set",
  )
  .superRefine((change, context) => {
    const named = recordKinds.filter(
      (kind) => kind in change && (change as Record<string, unknown>)[kind] !== undefined,
    );
    if (named.length !== 1)
      context.addIssue({
        code: "custom",
        message: `one record: ${recordKinds.map((kind) => `${kind}: its-id`).join(", ")}`,
      });
  });

/** An event as other systems post it; the connector checks the rest. */
const Posted = z.looseObject({ type: z.string(), subject: z.looseObject({}), occurredAt: z.string() });

const Value = z.string("an amount: 100 EUR, 50 points").transform((text, context): Money => {
  const money = parseMoney(text);
  if (money) return money;
  context.addIssue({ code: "custom", message: "an amount: 100 EUR, 50 points" });
  return z.NEVER;
});

const Expected = z.strictObject(
  {
    rule: z.string("the id of a rule"),
    to: Id.optional(),
    value: Value.optional(),
    state: z
      .enum([...expectedStates, "approved"], `one of ${expectedStates.join(", ")}`)
      .transform((state): ExpectedState => (state === "approved" ? "given" : state))
      .optional(),
  },
  "a reward: rule, and to, value, state where they matter",
);

const Test = z.strictObject(
  {
    name: z.string("what the test shows").min(1),
    given: z
      .array(z.union([Change, Posted], "an event: { on, deal: its-id, set }"), "a list of events")
      .min(1, "at least one event"),
    by: Moment.optional(),
    expect: z.array(Expected, "a list of rewards").optional(),
    expect_none: z.union([z.literal(true), z.array(z.string())], "true, or a list of rules").optional(),
    because: z.array(z.string(), "a list of conditions, as the rule has them").optional(),
  },
  "a test: name, given, and expect or expect_none",
);

const TestFile = z.strictObject(
  {
    people: z.array(Person, "a list of people, as in people.yaml").optional(),
    tests: z.array(Test, "a list of tests"),
  },
  "a map with `tests:`",
);

export interface GivenEvent {
  /** In the shape that other systems post. */
  posted: {
    type: string;
    subject: { kind: RecordKind; id: string };
    occurredAt: string;
    record?: object;
    details?: object;
  };
  /** Where it stands, for what the connector finds wrong with it. */
  spot: Spot;
}

export interface RuleTest {
  file: string;
  line: number;
  name: string;
  people: z.infer<typeof Person>[];
  /** When the test looks: holds that end by then are released. The moment of the last event where it does not say. */
  by: Date | null;
  /** Moments ascending, as far as the admin wrote them so. */
  given: GivenEvent[];
  expect: z.infer<typeof Expected>[];
  /** True: nobody gets anything at all. */
  expectNone: true | string[];
  because: string[];
}

/** Tests of one file, or what is wrong with it. `rules`: the ids that a test may name. `timeZone`: of moments without an offset. */
export const readTestFile = (
  source: SourceFile,
  rules: readonly string[],
  timeZone: string,
): { tests: RuleTest[]; problems: Problem[] } => {
  const findings = { problems: [] as Problem[], warnings: [] as Problem[] };
  const root = readYaml(source, findings);
  const parsed = root && TestFile.safeParse(root.value);
  if (!root || !parsed?.success) {
    for (const issue of parsed?.error?.issues ?? []) report(root, issue);
    return { tests: [], problems: findings.problems };
  }
  const { people = [], tests } = parsed.data;
  const read = tests.map((test, index): RuleTest => {
    const spot = root.descendant(["tests", index]);
    const named = (at: Spot, rule: string) => {
      if (!rules.includes(rule)) at.problem(inWords(rule), `the id of a rule: ${rules.slice(0, 20).join(", ")}`);
    };
    for (const [at, { rule }] of (test.expect ?? []).entries()) named(spot.descendant(["expect", at, "rule"]), rule);
    if (Array.isArray(test.expect_none))
      for (const [at, rule] of test.expect_none.entries()) named(spot.descendant(["expect_none", at]), rule);
    if (test.expect === undefined && test.expect_none === undefined)
      spot.problem("a test that expects nothing", "`expect:` with rewards, or `expect_none: true`");
    const seen = new Set<string>();
    const by = test.by === undefined ? null : DateTime.fromISO(test.by, { zone: timeZone });
    if (by && !by.isValid) spot.child("by").problem(inWords(test.by), "a day or a moment: 2026-10-20");
    return {
      by: by?.isValid ? by.toJSDate() : null,
      file: source.file,
      line: spot.line,
      name: test.name,
      people,
      given: test.given.map((each, at) => givenOf(each, spot.descendant(["given", at]), seen, timeZone)),
      expect: test.expect ?? [],
      expectNone: test.expect_none ?? [],
      because: test.because ?? [],
    };
  });
  return { tests: findings.problems.length > 0 ? [] : read, problems: findings.problems };
};

const givenOf = (
  given: z.infer<typeof Change> | z.infer<typeof Posted>,
  spot: Spot,
  seen: Set<string>,
  timeZone: string,
): GivenEvent => {
  if (!("on" in given)) return { posted: given as GivenEvent["posted"], spot };
  const { on, set = {}, happens, details, ...records } = given as z.infer<typeof Change> & Record<RecordKind, string>;
  const kind = recordKinds.find((each) => records[each] !== undefined) ?? "deal";
  const moment = DateTime.fromISO(on, { zone: timeZone });
  if (!moment.isValid) spot.child("on").problem(inWords(on), "a day or a moment: 2026-10-01T10:00Z");
  const occurredAt = moment.toJSDate();
  const at = Number.isNaN(occurredAt.getTime()) ? new Date(0).toISOString() : occurredAt.toISOString();
  const subject = { kind, id: records[kind] };
  // a record that a test names for the first time came into being then, unless the test says when
  const born = seen.has(`${kind}/${subject.id}`) || kind === "user" ? {} : { exists: true, created_at: at };
  seen.add(`${kind}/${subject.id}`);
  const type = happens ?? `${kind}.changed`;
  return {
    posted: { type, subject, occurredAt: at, record: { ...born, ...set }, ...(details ? { details } : {}) },
    spot,
  };
};

const report = (root: Spot | null, issue: z.core.$ZodIssue) => {
  const spot = root?.descendant(issue.path);
  if (issue.code === "unrecognized_keys")
    for (const key of issue.keys)
      spot?.child(key).keyProblem(`the key \`${key}\``, "a key that docs/backtest.md lists");
  else if (issue.code === "invalid_union") {
    // of the shapes that it could have had, what stands there is nearest to the one with the fewest mistakes
    const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0]?.[0];
    if (nearest && nearest.path.length > 0) report(spot ?? null, nearest);
    else spot?.problem(inWords(spot.value), nearest?.message ?? issue.message);
  } else spot?.problem(inWords(spot.value), issue.message.replace(/^expected /, ""));
};
