import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { unpackEvent } from "../../connectors/webhook/unpack-event.ts";
import { formatMoney } from "../money.ts";
import { knownTo, Refusal } from "../open-corridor.ts";
import { sawText } from "../pipeline/claim.ts";
import { type TestResult, testRules } from "../pipeline/rule-test.ts";
import type { RuleTest } from "../pipeline/rule-test-file.ts";
import type { Got, TestFailure, WhyNot } from "../pipeline/rule-test-judge.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles, readTestFiles } from "../yaml/yaml-folder.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import { counted } from "./counted.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rules test`: the admin's own examples of what a rule gives, and what it does not. */
export const testCommand = (): Command =>
  new Command("test")
    .description("run rules/*.test.yaml: given these events, expect these rewards")
    .argument("[files...]", "the tests to run; default: every *.test.yaml in the rules folder")
    .option("--json", "the results as JSON")
    .action((names: string[], options: { json?: true }) =>
      withCorridor(async ({ corridor }, config) => {
        const rules = await readRuleFiles(config.rulesFolder);
        const files =
          names.length > 0 ? await Promise.all(names.map(readNamed)) : await readTestFiles(config.rulesFolder);
        if (files.length === 0)
          throw new Refusal([
            `${config.rulesFolder}: found no tests, expected at least one file such as sales.test.yaml`,
          ]);
        const tested = await testRules(corridor, knownTo(config), rules, files, (item) => unpackEvent(item, ""));
        if (!tested.ok) throw new Refusal([...tested.problems.map(problemLine), "No test was run."]);
        const { results } = tested;
        const failed = results.filter(({ failures }) => failures.length > 0);
        if (options.json)
          console.log(
            JSON.stringify({ passed: results.length - failed.length, failed: failed.length, tests: results }, null, 2),
          );
        else {
          for (const result of results) console.log(resultText(result));
          console.log(`${counted(results.length - failed.length, "test")} passed, ${failed.length} failed.`);
        }
        if (failed.length > 0) process.exitCode = 1;
      }),
    );

const readNamed = async (file: string): Promise<SourceFile> => {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new Refusal([`${file}: found no such file, expected a *.test.yaml`]);
  return { file, text };
};

const resultText = ({ file, line, name, failures }: TestResult): string =>
  failures.length === 0 ? `✓ ${name}` : [`✗ ${name}   ${file}:${line}`, ...failures.flatMap(failureLines)].join("\n");

const failureLines = (failure: TestFailure): string[] => {
  switch (failure.kind) {
    case "missing":
      return [
        `    expected  ${expectedText(failure.expected)}`,
        ...(failure.got.length > 0
          ? failure.got.map((got) => `    got       ${gotText(got)}`)
          : [`    got       nothing${whyNotText(failure.whyNot)}`]),
      ];
    case "unexpected":
      return ["    expected  nothing", `    got       ${gotText(failure.got)}`];
    case "because":
      return [
        `    expected  ${failure.line} ${failure.shouldHold ? "to hold" : "not to hold"}`,
        `    got       ${failure.seen ? lineText(failure.seen, failure.seen.held) : "no such condition in the rules that the test names"}`,
      ];
  }
};

const expectedText = ({ rule, to, value, state }: RuleTest["expect"][number]) =>
  [rule, ...(to ? [`→ ${to}`] : []), ...(value ? [formatMoney(value)] : []), ...(state ? [state] : [])].join("  ");

const gotText = ({ rule, to, value, state, stoppedBy }: Got) =>
  `${rule}  → ${to}  ${formatMoney(value)}  ${stoppedBy ? `stopped by ${stoppedBy}` : state}`;

const whyNotText = (why: WhyNot): string => {
  if ("noMilestone" in why) return `: ${why.noMilestone} did not happen`;
  if ("matched" in why) return ": the rule matched, but its reward goes to somebody whom the events do not name";
  if (why.lines.length === 0) return ": it happened outside the rule's time window";
  return why.lines.map((line) => `\n              ${lineText(line, false)}`).join("");
};

const lineText = (
  { text, saw, error }: { text: string; saw: Record<string, unknown>; error?: string },
  held: boolean,
) => `${text} ${held ? "held" : "did not hold"}${error ? `: ${error}` : sawText(saw) ? `: ${sawText(saw)}` : ""}`;
