/** Writes the table of metrics in docs/metrics.md from the list in src/metrics/: `npm run docs`. A test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { metrics } from "../src/metrics/index.ts";

const page = path.resolve(import.meta.dirname, "..", "docs", "metrics.md");
const between = /(<!-- metrics:.*-->\n)[\s\S]*?(<!-- end of metrics -->)/;

const table = (): string =>
  [
    "| metric | how | unit | of | options |",
    "|---|---|---|---|---|",
    ...metrics.map(({ name, about, unit, of, options }) => {
      const choices = Object.entries(options).map(([option, values]) => `\`${option}\`: ${values.join(", ")}`);
      return `| \`${name}\` | ${about} | ${unit} | ${of.join(", ")} | ${choices.join("; ")} |`;
    }),
    "",
  ].join("\n");

/** The whole page with the table as the list gives it. */
export const metricsPage = (): string =>
  readFileSync(page, "utf8").replace(between, (_, start: string, end: string) => `${start}${table()}${end}`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(page, metricsPage());
