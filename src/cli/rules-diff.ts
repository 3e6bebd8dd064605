import { Command } from "commander";
import { stringify } from "yaml";
import type { Sql } from "../db/sql.ts";
import { Refusal } from "../open-corridor.ts";
import { lineDiff } from "../pipeline/line-diff.ts";
import { changesOf, type EntryChange, versionSources } from "../pipeline/rule-history.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import { versionNumber } from "./version-number.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rules diff`: what is different between two versions of the rules. */
export const diffCommand = (): Command =>
  new Command("diff")
    .description("what is different between a version of the rules and another, or the one in force")
    .argument("<version>", "number of a version, as `accolade rules versions` lists it", versionNumber)
    .argument("[version]", "the version to compare it with; default: the one in force", versionNumber)
    .option("--json", "the same as JSON")
    .action((one: number, other: number | undefined, options: { json?: true }) =>
      withCorridor(async ({ database }) => {
        const before = await versionNamed(database, one);
        const after = await versionNamed(database, other ?? "in force");
        const entries = changesOf(before.sources, after.sources);
        const files = filesOf(before.sources, after.sources);
        if (options.json) console.log(JSON.stringify({ before: before.id, after: after.id, entries, files }, null, 2));
        else if (files.length === 0) console.log(`Versions ${before.id} and ${after.id} are the same.`);
        else {
          console.log(`From version ${before.id} to version ${after.id}:`);
          for (const entry of entries) console.log(entryLines(entry).join("\n"));
          if (entries.length === 0) console.log("  the same rules: only comments, or their order, differ");
          for (const { file, lines } of files) console.log(`\n${file}\n${lines.join("\n")}`);
        }
      }),
    );

/** Throws a `Refusal` where there is no such version. */
export const versionNamed = async (sql: Sql, version: number | "in force") => {
  const found = await versionSources(sql, version);
  if (found) return found;
  throw new Refusal([
    version === "in force"
      ? "No rules are in force yet: start the server once."
      : `Version ${version}: found no such version, expected one that \`accolade rules versions\` lists`,
  ]);
};

const entryLines = ({ kind, id, change, keys }: EntryChange) => [
  `  ${kind} ${id}: ${change}`,
  ...keys.map(({ key, before, after }) => `    ${key}: ${written(before)} → ${written(after)}`),
];

/** As an admin writes it, on one line. */
const written = (value: unknown) =>
  value === undefined ? "(not there)" : stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();

const filesOf = (before: readonly SourceFile[], after: readonly SourceFile[]) => {
  const text = (sources: readonly SourceFile[], file: string) => sources.find((each) => each.file === file)?.text ?? "";
  return [...new Set([...before, ...after].map(({ file }) => file))]
    .sort()
    .map((file) => ({ file, lines: lineDiff(text(before, file), text(after, file)) }))
    .filter(({ lines }) => lines.length > 0);
};
