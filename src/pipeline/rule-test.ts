/** Runs the tests of a rule book, each on its own, in one rehearsal. */
import type { Known } from "../engine/index.ts";
import { applyPeople } from "../people/people-file.ts";
import { inOrder, type Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import type { Corridor } from "./corridor.ts";
import { joinPeople } from "./decide-join.ts";
import { rehearse, type Stage } from "./rehearse.ts";
import type { PastEvent } from "./rehearse-history.ts";
import { liveThrough, liveUntil } from "./rehearse-turns.ts";
import { type RuleTest, readTestFile } from "./rule-test-file.ts";
import { judgeTest, type TestFailure } from "./rule-test-judge.ts";
import { applyTeams } from "./team-history.ts";

export interface TestResult {
  file: string;
  line: number;
  name: string;
  /** Empty: it passed. */
  failures: TestFailure[];
}

/** Checks one event in the shape that other systems post. */
export type ReadPosted = (
  item: unknown,
) =>
  | { event: Omit<PastEvent, "connection" | "receivedAt" | "delivery"> }
  | { bad: { place: string; found: string; expected: string } };

/** The connection whose records the tests tell of. */
export const TEST_CONNECTION = "test";

/** Every test of these files against these rules; nothing runs where a file has a mistake. */
export const testRules = async (
  corridor: Corridor,
  known: Known,
  rules: readonly SourceFile[],
  files: readonly SourceFile[],
  read: ReadPosted,
): Promise<{ ok: true; results: TestResult[] } | { ok: false; problems: Problem[] }> =>
  rehearse(corridor, known, async (rehearsal) => {
    const staged = await rehearsal.stage(rules, new Date(0), { nearMisses: true });
    if (!staged.ok) return staged;
    const { stage } = staged;
    const ids = stage.corridor.rules.current().matcher.book.rules.map(({ id }) => id);
    const opened = files.map((file) => readTestFile(file, ids, corridor.workspace.timeZone));
    const problems = opened.flatMap((each) => each.problems);
    if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
    const told = opened.flatMap(({ tests }) => tests.map((test) => ({ test, events: eventsOf(test, read, problems) })));
    if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
    const results: TestResult[] = [];
    for (const { test, events } of told) results.push(await rehearsal.undone(() => runTest(stage, test, events)));
    return { ok: true, results };
  });

/** What happens at one moment is one delivery. */
const eventsOf = (test: RuleTest, read: ReadPosted, problems: Problem[]): PastEvent[][] => {
  const events = test.given.flatMap(({ posted, spot }, index): PastEvent[] => {
    const told = read(posted);
    if ("event" in told) {
      const { occurredAt } = told.event;
      const common = { connection: TEST_CONNECTION, receivedAt: occurredAt, delivery: occurredAt };
      return [{ ...told.event, ...common, key: `${index} ${told.event.key}` }];
    }
    const { place, found, expected } = told.bad;
    const field = place
      .replace(/^record\./, "set.")
      .replace(/^type$/, "happens")
      .replace(/^occurredAt$/, "on");
    problems.push({ file: test.file, line: spot.line, column: 1, found: `${found} in ${field}`, expected });
    return [];
  });
  return [...Map.groupBy(events, (event) => event.delivery).values()];
};

const runTest = async (stage: Stage, test: RuleTest, deliveries: readonly PastEvent[][]): Promise<TestResult> => {
  const { tx } = stage;
  await joinPeople(tx, await applyPeople(tx, stage.corridor.sealer, { people: test.people }, stage.corridor.now()));
  // a test names people by their address, as admins do
  await tx.run(
    `insert into recipient_ids (connection, kind, crm_id, recipient_id)
     select distinct on (lower(email)) $1, 'user', lower(email), id from recipients where email is not null and erased_at is null
     order by lower(email), source = 'people.yaml' desc, id on conflict do nothing`,
    [TEST_CONNECTION],
  );
  // known before anything happens: metrics of teams count from the first event
  await applyTeams(tx, stage.corridor.workspace, new Date(0));
  for (const delivery of deliveries) await liveThrough([stage], delivery);
  const last = deliveries.at(-1)?.[0]?.receivedAt;
  await liveUntil([stage], test.by ?? new Date(last ?? 0));
  return { file: test.file, line: test.line, name: test.name, failures: await judgeTest(stage, test) };
};
