import { constants } from "node:fs";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { loadRules } from "../engine/index.ts";
import { knownTo, Refusal } from "../open-corridor.ts";
import { packageRoot } from "../package-root.ts";
import { problemLine } from "../yaml/problem.ts";
import { ruleFilePaths } from "../yaml/yaml-folder.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import { versionNamed } from "./rules-diff.ts";
import { versionNumber } from "./version-number.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rules rollback`: an earlier version is in force again, and its files are what the rules folder has. */
export const rollbackCommand = (): Command =>
  new Command("rollback")
    .description("put an earlier version of the rules in force again; the files that it replaces are kept beside")
    .argument("<version>", "number of a version, as `accolade rules versions` lists it", versionNumber)
    .action((version: number) =>
      withCorridor(async (opened, config) => {
        const { sources } = await versionNamed(opened.database, version);
        const current = await versionNamed(opened.database, "in force");
        const loaded = loadRules(sources, knownTo(config));
        if (!loaded.ok)
          throw new Refusal([
            ...loaded.problems.map(problemLine),
            `Version ${version} no longer fits accolade.yaml; nothing was changed.`,
          ]);
        const folder = config.rulesFolder;
        await mayWrite(folder);
        for (const line of await writeBack(folder, sources, current.id)) console.log(line);
        const result = await opened.loadRules(`rollback by ${userInfo().username}`);
        if (!result.ok) throw new Refusal(result.problems.map(problemLine));
        console.log(
          result.changed
            ? `Version ${result.version} is in force again, in place of version ${current.id}. A running server takes it over within a second or two.`
            : `Version ${result.version} was in force already.`,
        );
      }),
    );

const mayWrite = async (folder: string) => {
  if (folder === path.join(packageRoot, "rules") && process.cwd() !== packageRoot)
    throw new Refusal([
      `${folder}: found the starter rules that come with Accolade, expected a folder of your own: make a folder rules/, or name one with ACCOLADE_RULES`,
    ]);
  await access(folder, constants.W_OK).catch(() => {
    throw new Refusal([
      `${folder}: found a folder that cannot be written to, expected one that can; nothing was changed`,
    ]);
  });
};

/** Makes the folder hold these files and no other rules. What was there is kept as `<name>.replaced-<version>`, which nothing reads. */
const writeBack = async (folder: string, sources: readonly SourceFile[], replaced: number): Promise<string[]> => {
  const shown = path.basename(folder);
  const wanted = new Map(
    sources.map(({ file, text }) => [path.resolve(folder, file.slice(file.indexOf("/") + 1)), text]),
  );
  const said: string[] = [];
  const keep = async (file: string) => {
    const kept = await freeName(`${file}.replaced-${replaced}`);
    await rename(file, kept);
    return `${shown}/${path.relative(folder, kept)}`;
  };
  for (const file of await ruleFilePaths(folder)) {
    const text = wanted.get(path.resolve(file));
    const name = `${shown}/${path.relative(folder, file)}`;
    if (text === undefined) said.push(`${name}: not part of that version; kept as ${await keep(file)}`);
    else if ((await readFile(file, "utf8")) === text) wanted.delete(path.resolve(file));
    else said.push(`${name}: written back; what it said is kept as ${await keep(file)}`);
  }
  for (const [file, text] of wanted) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    const name = `${shown}/${path.relative(folder, file)}`;
    if (!said.some((line) => line.startsWith(`${name}:`))) said.push(`${name}: written`);
  }
  return said;
};

const freeName = async (wanted: string): Promise<string> => {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (
      !(await access(name).then(
        () => true,
        () => false,
      ))
    )
      return name;
  }
};
