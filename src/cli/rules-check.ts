import { Command } from "commander";
import { checkRules } from "../engine/index.ts";
import { Refusal } from "../open-corridor.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles } from "../yaml/yaml-folder.ts";
import { knownWithCatalogs } from "./catalogs-at-hand.ts";
import { counted } from "./counted.ts";
import { configured } from "./with-corridor.ts";

interface Options {
  refresh?: true;
  strict?: true;
  json?: true;
}

/** `accolade rules check`. */
export const rulesCheckCommand = (): Command =>
  new Command("check")
    .description("say what is wrong in rules/, and what deserves a look")
    .option("--refresh", "ask providers for their catalogues first; otherwise what they said last")
    .option("--strict", "count what deserves a look as wrong: exit code 1")
    .option("--json", "the same as JSON: { ok, problems, warnings, rules }")
    .action(async ({ refresh, strict, json }: Options) => {
      const config = await configured();
      const sources = await readRuleFiles(config.rulesFolder);
      if (sources.length === 0)
        throw new Refusal([`${config.rulesFolder}: found no YAML files, expected at least one with rules`]);
      const { known, notes } = await knownWithCatalogs(config, { refresh: refresh === true });
      for (const note of notes) console.error(`note: ${note}`);
      const checked = checkRules(sources, known, new Date());
      const problems = checked.ok ? [] : checked.problems;
      const warnings = checked.ok ? checked.warnings : [];
      const rules = checked.ok ? checked.book.rules : [];
      const ok = checked.ok && !(strict && warnings.length > 0);
      if (!ok) process.exitCode = 1;
      if (json) {
        const listed = rules.map(({ id, on, mode, kpi, file, line }) => ({ id, on, mode, kpi, file, line }));
        console.log(JSON.stringify({ ok, problems, warnings, rules: listed }, null, 2));
        return;
      }
      if (!checked.ok) throw new Refusal([...problems.map(problemLine), `${problems.length} to mend.`]);
      for (const warning of warnings) console.log(`note: ${problemLine(warning)}`);
      if (!ok) throw new Refusal([`${counted(warnings.length, "note")} with --strict.`]);
      console.log(
        `${counted(rules.length, "rule")} and ${counted(checked.book.rewards.length, "reward")} in ${counted(sources.length, "file")}: all in order.`,
      );
    });
