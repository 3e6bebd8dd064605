/** Writes the list of faults in docs/faults.md from the faults themselves: `npm run docs`. A test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { faults } from "../faults/kinds/index.ts";
import { packageRoot } from "../src/package-root.ts";

const file = path.join(packageRoot, "docs", "faults.md");
const LIST = /(<!-- faults: [^>]*-->\n)[\s\S]*?(\n<!-- end of faults -->)/;

/** The page as it should be. */
export const faultsPage = (): string => {
  const rows = faults.map(({ id, breaks }) => `| \`${id}\` | ${breaks} |`);
  const list = ["| fault | what breaks |", "|---|---|", ...rows].join("\n");
  return readFileSync(file, "utf8").replace(LIST, (_, begin: string, end: string) => begin + list + end);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(file, faultsPage());
