/** The table of routes in docs/api.md, from their declarations: `npm run docs` writes it. A test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { routes } from "../src/http/api/index.ts";

const begin = "<!-- routes: written by npm run docs from src/http/api; a test compares -->";
const end = "<!-- end of routes -->";

export const routesTable = (): string =>
  [
    "| call | who may | what it does |",
    "|---|---|---|",
    ...routes.map(
      ({ method, path: at, roles, summary }) =>
        `| \`${method.toUpperCase()} /api/v1${at}\` | ${[...new Set(["admin", ...roles])].join(", ")} | ${summary} |`,
    ),
  ].join("\n");

/** The page with its table as it must be. */
export const withRoutes = (page: string): string => {
  const [before, rest = ""] = page.split(begin);
  const after = rest.slice(rest.indexOf(end) + end.length);
  return `${before}${begin}\n${routesTable()}\n${end}${after}`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const file = path.resolve(import.meta.dirname, "..", "docs", "api.md");
  writeFileSync(file, withRoutes(readFileSync(file, "utf8")));
}
