/** Reads people.yaml with places, as accolade.yaml is read. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { PeopleFile } from "./people/people-file.ts";
import { inOrder, problemLine } from "./yaml/problem.ts";
import { readYaml } from "./yaml/yaml-source.ts";

/** What the file says of people, or everything that is wrong with it: one line each, with place, found and expected. */
export const readPeople = async (peopleFile: string): Promise<{ people: PeopleFile } | { problems: string[] }> => {
  const text = await readFile(peopleFile, "utf8").catch(() => undefined);
  if (text === undefined)
    return { problems: [`${peopleFile}: found no such file, expected the people file that accolade.yaml names`] };
  const findings = { problems: [], warnings: [] };
  const spot = readYaml({ file: path.basename(peopleFile), text }, findings);
  const parsed = spot && PeopleFile.safeParse(spot.value);
  for (const issue of parsed?.error?.issues ?? []) {
    spot
      ?.descendant(issue.path)
      .problem(
        issue.code === "unrecognized_keys" ? `the key ${issue.keys.join(", ")}` : "this value",
        issue.message.replace(/^Invalid input: expected /, ""),
      );
  }
  return parsed?.success ? { people: parsed.data } : { problems: inOrder(findings.problems).map(problemLine) };
};
