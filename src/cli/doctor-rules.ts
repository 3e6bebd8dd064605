import path from "node:path";
import type { Config } from "../config.ts";
import { loadRules } from "../engine/index.ts";
import { knownTo } from "../open-corridor.ts";
import { readPeople } from "../read-people.ts";
import { problemLine } from "../yaml/problem.ts";
import { readRuleFiles } from "../yaml/yaml-folder.ts";
import { bad, type Line, ok, reasonOf, skipped } from "./doctor-line.ts";

/** Rules as the server would load them, and whether the people whom they reward can be told. */
export const checkRules = async (config: Config): Promise<Line[]> => {
  const near = path.relative(process.cwd(), config.rulesFolder);
  const folder = near.startsWith("..") ? config.rulesFolder : near || ".";
  const sources = await readRuleFiles(config.rulesFolder).catch((error: unknown) => reasonOf(error));
  if (typeof sources === "string") return [bad("rules", sources, "Set ACCOLADE_RULES to the folder of your rules.")];
  if (sources.length === 0)
    return [bad("rules", `no YAML files in ${folder}`, "Write one; docs/write-rules.md begins with an example.")];
  const loaded = loadRules(sources, knownTo(config));
  if (!loaded.ok)
    return loaded.problems.map((problem) =>
      bad("rules", problemLine(problem), "Mend it. A running server keeps the last good version in force until then."),
    );
  const { rules, rewards } = loaded.book;
  const untold = rules.filter(({ notify }) => !notify.some((channel) => config.channels.has(channel)));
  return [
    ok("rules", `${rules.length} rules and ${rewards.length} rewards in ${folder}`),
    ...untold.map(({ id, notify }) =>
      bad(
        `rule ${id}`,
        `it notifies by ${notify.join(", ")}, and accolade.yaml sets up none of these: nobody would be told`,
        "Add the channel to `channels:` in accolade.yaml, or another one to the rule's `notify`.",
      ),
    ),
  ];
};

/** people.yaml, where accolade.yaml names one. */
export const checkPeople = async ({ peopleFile }: Config): Promise<Line[]> => {
  if (!peopleFile) return [skipped("people", "no `people:` in accolade.yaml: what the CRM knows of its users is used")];
  const read = await readPeople(peopleFile);
  if ("problems" in read)
    return read.problems.map((problem) => bad("people", problem, "Mend it; docs/configuration.md lists the keys."));
  const unreachable = read.people.people.filter(
    ({ manager }) => manager !== undefined && !hasEntry(read.people, manager),
  );
  return [
    ok("people", `${read.people.people.length} in ${path.basename(peopleFile)}`),
    ...(unreachable.length > 0
      ? [
          bad(
            "managers",
            `${unreachable.length} of them have a manager who is no entry of the file`,
            "Add an entry for the manager, with the same email address: a reward for `manager(owner)` needs it.",
          ),
        ]
      : []),
  ];
};

const hasEntry = ({ people }: { people: { email: string }[] }, email: string) =>
  people.some((person) => person.email.toLowerCase() === email.toLowerCase());
