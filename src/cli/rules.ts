import { Command } from "commander";
import { loadRules } from "../engine/index.ts";
import { knownTo, Refusal } from "../open-corridor.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles } from "../yaml/yaml-folder.ts";
import { counted } from "./counted.ts";
import { backtestCommand } from "./rules-backtest.ts";
import { diffCommand } from "./rules-diff.ts";
import { explainCommand } from "./rules-explain.ts";
import { rollbackCommand } from "./rules-rollback.ts";
import { testCommand } from "./rules-test.ts";
import { versionsCommand } from "./rules-versions.ts";
import { configured } from "./with-corridor.ts";

/** `accolade rules …`: each subcommand is a file beside this one. */
export const rulesCommand = (): Command =>
  new Command("rules")
    .description(
      "check, test and try rules, see why something did or did not lead to a reward, and go back to an earlier version",
    )
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
    .addCommand(explainCommand())
    .addCommand(versionsCommand())
    .addCommand(diffCommand())
    .addCommand(rollbackCommand());
