import { Command } from "commander";
import { loadRules } from "../engine/index.ts";
import { formatMoney } from "../money.ts";
import { knownTo, Refusal } from "../open-corridor.ts";
import { sawText } from "../pipeline/claim.ts";
import { type ExplainedMilestone, type ExplainedRule, type Explanation, explainEvent } from "../pipeline/explain.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles } from "../yaml/yaml-folder.ts";
import { counted } from "./counted.ts";
import { eventId } from "./event-id.ts";
import { backtestCommand } from "./rules-backtest.ts";
import { testCommand } from "./rules-test.ts";
import { configured, withCorridor } from "./with-corridor.ts";

/** `accolade rules check|explain`. */
export const rulesCommand = (): Command =>
  new Command("rules")
    .description("check rules without a server, and see why an event did or did not lead to a reward")
    .addCommand(
      new Command("check").description("say what is wrong in rules/, or that nothing is").action(async () => {
        const config = await configured();
        const sources = await readRuleFiles(config.rulesFolder);
        if (sources.length === 0)
          throw new Refusal([`${config.rulesFolder}: found no YAML files, expected at least one with rules`]);
        const loaded = loadRules(sources, knownTo(config));
        if (!loaded.ok) throw new Refusal([...loaded.problems.map(problemLine), `${loaded.problems.length} to mend.`]);
        for (const warning of loaded.warnings) console.log(`note: ${problemLine(warning)}`);
        console.log(
          `${counted(loaded.book.rules.length, "rule")} and ${counted(loaded.book.rewards.length, "reward")} in ${counted(sources.length, "file")}: all in order.`,
        );
      }),
    )
    .addCommand(testCommand())
    .addCommand(backtestCommand())
    .addCommand(
      new Command("explain")
        .description("why each rule did or did not match an event")
        .argument("<event>", "number of the event, as the log and the journeys show it", eventId)
        .option("--json", "the same as JSON")
        .action((event: number, options: { json?: true }) =>
          withCorridor(async (opened) => {
            if (!opened.corridor.rules.loaded())
              throw new Refusal(["No rules were loaded yet: start the server once."]);
            const explained = await explainEvent(opened.corridor, event);
            if (!explained)
              throw new Refusal([`Event ${event}: found no such event, expected a number that the log shows`]);
            console.log(options.json ? JSON.stringify(explained, null, 2) : inWords(explained));
          }),
        ),
    );

const inWords = ({ event, milestones }: Explanation): string => {
  const head = [
    `Event ${event.id}: ${event.type} of ${event.subject} (${event.connection}), ${event.occurredAt.toISOString()}`,
  ];
  if (event.state === "parked") head.push(`Parked: ${event.reason}`);
  else if (event.state !== "decided") head.push(`Not decided yet${event.reason ? `: ${event.reason}` : "."}`);
  else if (milestones.length === 0)
    head.push("It showed no milestone: what it told was known already, or is nothing that a rule can listen to.");
  return [...head, ...milestones.flatMap(milestoneLines)].join("\n");
};

const milestoneLines = ({ type, occurredAt, withdrawn, rules }: ExplainedMilestone) => {
  const listening = rules.filter((rule) => rule.verdict !== "not_listening");
  const others = rules.length - listening.length;
  return [
    "",
    `${type} at ${occurredAt}${withdrawn ? " — withdrawn: a change that arrived later shows that it was not so" : ""}`,
    ...listening.flatMap(ruleLines),
    ...(others > 0 ? [`  ${others} ${others === 1 ? "rule listens" : "rules listen"} to other milestones.`] : []),
  ];
};

const verdicts: Record<ExplainedRule["verdict"], string> = {
  matched: "matched",
  not_matched: "did not match",
  not_listening: "listens to another milestone",
  outside_window: "outside its time window (from, until)",
  started_later: "matched, but the rule was loaded after this happened, and has no `from:` that asks for the past",
};

const ruleLines = ({ rule, verdict, lines, parts }: ExplainedRule) => [
  `  ${rule}: ${verdicts[verdict]}`,
  ...lines.map(
    ({ text, held, saw, error }) =>
      `    ${held ? "✓" : "✗"} ${text}${error ? `   ${error}` : sawText(saw) ? `   ${sawText(saw)}` : ""}`,
  ),
  ...parts.map(({ to, grant, why }) =>
    grant
      ? `    → ${to}: ${formatMoney(grant.value)} to ${grant.recipient}, ${grant.state}${grant.waiting ? ` (${grant.waiting})` : ""}${why ? ` — ${why}` : ""}   grant ${grant.id}`
      : `    → ${to}: nothing, ${why}`,
  ),
];
