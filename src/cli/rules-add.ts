import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { packageRoot } from "../package-root.ts";
import { ruleBooks } from "./rule-books.ts";
import { configured } from "./with-corridor.ts";

/** `accolade rules add`: a starter rule book and its tests become files of the admin's own. */
export const addCommand = (): Command =>
  new Command("add")
    .description("copy a starter rule book and its tests into your rules folder")
    .argument("<book>", "one that `accolade rules books` lists, such as close-rate")
    .option("--print", "print the rule book, and write nothing")
    .action(async (id: string, { print }: { print?: true }) => {
      if (!ruleBooks.some((book) => book.id === id))
        throw new Refusal([`found the book "${id}", expected one of ${ruleBooks.map((book) => book.id).join(", ")}`]);
      if (print) return console.log((await bookFile(`${id}.yaml`)).trimEnd());
      const { rulesFolder } = await configured();
      const folder = ownFolder(rulesFolder);
      const replacesStarter = folder !== rulesFolder;
      const names = [`${id}.yaml`, `${id}.test.yaml`];
      const there = names.filter((name) => existsSync(path.join(folder, name)));
      if (there.length > 0)
        throw new Refusal([
          ...there.map((name) => `${shown(folder, name)}: found such a file already, and left it as it is`),
          "Nothing was written. Rename yours first, or read the book with --print.",
        ]);
      for (const name of names) await write(folder, name, await bookFile(name));
      await writeSchema(folder);
      for (const line of nextSteps(folder, id, replacesStarter)) console.log(line);
    });

const bookFile = (name: string) => readFile(path.join(packageRoot, "rulebooks", name), "utf8");

/** Where no folder of the admin's own is there yet, the one that they will have: never the package's, unless they work in it. */
const ownFolder = (rulesFolder: string): string =>
  rulesFolder === path.join(packageRoot, "rules") ? path.resolve("rules") : rulesFolder;

const shown = (folder: string, name: string) => path.relative(process.cwd(), path.join(folder, name));

const write = async (folder: string, name: string, text: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, name), text, { flag: "wx" });
  } catch (error) {
    throw new Refusal([
      `${shown(folder, name)}: cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
};

/** The first line of each book refers to it. */
const writeSchema = async (folder: string): Promise<void> => {
  const name = "rules.schema.json";
  if (existsSync(path.join(folder, name))) return;
  await write(folder, name, await readFile(path.join(packageRoot, "rules", name), "utf8"));
};

const nextSteps = (folder: string, id: string, replacesStarter: boolean): string[] => [
  `Wrote ${shown(folder, `${id}.yaml`)} and ${shown(folder, `${id}.test.yaml`)}. What is next:`,
  `  1. Edit the amounts, bars and days in ${shown(folder, `${id}.yaml`)}; comments say what each is for.`,
  "  2. accolade rules check --strict   is it right, and has it an end and a cap?",
  "  3. accolade rules test             does it still give what its tests expect?",
  "  4. accolade rules backtest         what would it have cost last quarter?",
  replacesStarter
    ? "The folder is new. From the next start on it is read in place of the starter rules that come with Accolade."
    : "Where a server runs on this folder, the book is in force within seconds.",
];
