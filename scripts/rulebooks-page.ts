/** Writes what each book is for, needs and gives into docs/rulebooks.md, from the list and the books: `npm run docs`. A test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { ruleBooks } from "../src/cli/rule-books.ts";
import { packageRoot } from "../src/package-root.ts";

const page = path.join(packageRoot, "docs", "rulebooks.md");

const list = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const Reward = z.object({
  to: z.union([z.string(), z.record(z.string(), z.string())]),
  value: z.union([z.string(), z.object({ expression: z.string(), cap: z.string() })]),
});
const Book = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      on: z.string(),
      metric: z.looseObject({ name: z.string(), of: z.string(), over: z.string() }).optional(),
      where: list,
      during: z.string().optional(),
      reward: Reward,
      once: z.string().optional(),
      hold: z.string().optional(),
      limits: list.optional(),
    }),
  ),
});
type Rule = z.infer<typeof Book>["rules"][number];

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

const listensTo = ({ on, metric, during }: Rule) =>
  [
    metric ? `${code(metric.name)} of each ${metric.of} over the ${metric.over}` : code(on),
    ...(during ? [`in ${code(during)}`] : []),
  ].join(" ");

const gives = ({ reward: { to, value } }: Rule) => {
  const amount =
    typeof value === "string" ? value : `${code(value.expression)} points, at most ${value.cap.replace(" points", "")}`;
  const who =
    typeof to === "string"
      ? to
      : Object.entries(to)
          .map(([each, share]) => `${each} ${share}`)
          .join(", ");
  return `${amount} to ${who}`;
};

const rows = (rule: Rule) =>
  [code(rule.id), listensTo(rule), rule.where.map(code).join("<br>"), gives(rule), keeps(rule)].join(" | ");

const keeps = ({ once, hold, limits = [] }: Rule) =>
  [...(once ? [`once ${once}`] : []), ...limits, ...(hold ? [`hold: ${hold}`] : [])].join("; ");

const generated = (id: string): string => {
  const book = ruleBooks.find((each) => each.id === id);
  if (!book) throw new Error(`docs/rulebooks.md has a section for ${id}, which is not on the list`);
  const { rules } = Book.parse(parse(readFileSync(path.join(packageRoot, "rulebooks", `${id}.yaml`), "utf8")));
  return [
    `**For** ${book.about}.`,
    "",
    `**Needs** ${book.needs}.`,
    "",
    "| rule | listens to | when | gives | at most |",
    "|---|---|---|---|---|",
    ...rules.map((rule) => `| ${rows(rule)} |`),
    "",
  ].join("\n");
};

/** The whole page, with what the books say in the places for it. */
export const rulebooksPage = (): string =>
  readFileSync(page, "utf8").replace(
    /(<!-- book: ([\w-]+) -->\n)[\s\S]*?(<!-- end of book -->)/g,
    (_, start: string, id: string, end: string) => `${start}${generated(id)}${end}`,
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(page, rulebooksPage());
