/** Writes docs/rules-reference.md from the declarations that rule files are checked with: `npm run docs`. A test compares the two. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { refusedFunctions } from "../src/engine/environment.ts";
import { functionWords } from "../src/engine/function-words.ts";
import { milestoneWords } from "../src/engine/milestone-words.ts";
import {
  budgetShape,
  calendarShape,
  computedShape,
  metricShape,
  offerShape,
  partShape,
  rewardShape,
  routeShape,
  ruleShape,
  tierShape,
  topShape,
} from "../src/engine/shapes.ts";
import { alertForm } from "../src/engine/short-forms/alert-form.ts";
import { approvalForm } from "../src/engine/short-forms/approval-form.ts";
import { daysForm } from "../src/engine/short-forms/days-form.ts";
import { holdForm } from "../src/engine/short-forms/hold-form.ts";
import { hoursForm } from "../src/engine/short-forms/hours-form.ts";
import { limitForm } from "../src/engine/short-forms/limit-form.ts";
import { onceForm } from "../src/engine/short-forms/once-form.ts";
import { percentForm } from "../src/engine/short-forms/percent-form.ts";
import { roleForm } from "../src/engine/short-forms/role-form.ts";
import { subjectKindOf } from "../src/engine/subject-kinds.ts";
import { type Declared, isRecord, methodsOf, variables } from "../src/engine/variables.ts";
import type { MilestoneType } from "../src/events.ts";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n")
    .replace(/^\| --- .*$/m, `|${head.map(() => "---").join("|")}|`);

const keys = (shape: Record<string, z.ZodType>): string =>
  table(
    ["key", "must it be there", "what it means"],
    Object.entries(shape).map(([key, schema]) => [
      `\`${key}\``,
      schema.safeParse(undefined).success ? "no" : "**yes**",
      `${schema.description ?? ""}.`,
    ]),
  );

const forms: [string, { examples: readonly string[] }, string][] = [
  [
    "`to`",
    roleForm,
    "who, seen from the milestone. `team`: everybody in the owner's team, or in the team that a metric is of",
  ],
  ["a share in `to`", percentForm, "of one value. All of them together are at most 100%"],
  ["`once`", onceForm, "one recipient gets the reward once for it, ever or in each period"],
  [
    "`hold`",
    holdForm,
    "hours, days, weeks or months, counted from the milestone; with `while won`, `while open` or `while subscribed` it is cancelled as soon as that is no longer so",
  ],
  [
    "`limits`",
    limitForm,
    "a count of rewards or an amount; of all, or `per recipient`, `per owner`, `per team`, `per company`; in each day, week, month, quarter or year, or in total",
  ],
  [
    "`approval`",
    approvalForm,
    "a group of approvers in `accolade.yaml`, or `manager`: the recipient's own. Without `within` they have 14 days",
  ],
  ["`alert`", alertForm, "whole percent of the budget"],
  ["`days`", daysForm, "`mon` to `sun`"],
  ["`hours`", hoursForm, "the later one behind; `24:00` is the end of the day"],
];

const kinds: Record<string, string> = {
  string: "text",
  double: "number",
  bool: "true or false",
  dyn: "any",
  "map<string, dyn>": "any, by name",
};

const variableRows = (at: string, declared: Declared): string[][] =>
  isRecord(declared)
    ? [
        ...Object.entries(declared.fields).flatMap(([name, field]) => variableRows(`${at}.${name}`, field)),
        ...Object.entries(methodsOf(declared)).map(([name, { example, about }]) => [
          `\`${at}.${name}(${example})\``,
          "number",
          about,
        ]),
      ]
    : [[`\`${at}\``, kinds[declared.type] ?? "", declared.about]];

const recordOf = (milestone: string): string =>
  milestone === "metric.changed" ? "metric" : (subjectKindOf(milestone as MilestoneType) ?? "any");

/** The whole page, as it must be in the file. */
export const rulesReference = (): string => `# Reference of the rule language

Written from the declarations in the code by \`npm run docs\`: do not edit it here. [write-rules.md](write-rules.md) is the guide,
with examples. An editor that reads \`rules/rules.schema.json\` completes and checks all of this while you type: put
\`# yaml-language-server: $schema=./rules.schema.json\` into the first line of a file.

## A rule file

${keys(topShape)}

### rules

${keys(ruleShape)}

### rules: reward

${keys(partShape)}

A \`value\` that is computed:

${keys(computedShape)}

### rules: metric

${keys(metricShape)}

Beside these it has the options of its metric, such as \`basis: closed\`.

### rewards

${keys(rewardShape)}

Beside these a reward has the keys of its provider: see [rewards.md](rewards.md).

### rewards: via

${keys(routeShape)}

Beside these an entry has the keys of its provider.

### budgets

${keys(budgetShape)}

### tiers

${keys(tierShape)}

### offers

What recipients take for their points: [people.md](people.md#points-and-what-they-are-good-for) says how.

${keys(offerShape)}

### calendars

${keys(calendarShape)}

## Short forms

${table(
  ["where", "such as", "what it means"],
  forms.map(([where, { examples }, about]) => [where, examples.map((example) => `\`${example}\``).join(", "), about]),
)}

An amount is a number with its currency: \`100 EUR\`, \`12.50 USD\`, \`50 points\`. A day is \`2026-10-01\`, and begins at midnight in the
workspace's time zone; a moment is \`2026-10-01T09:00:00+02:00\`.

## Variables

Every value is as it was when the milestone happened. Not every record is there every time: a milestone of a contact has no deal.

${table(
  ["name", "kind", "meaning"],
  Object.entries<Declared>(variables).flatMap(([name, declared]) => variableRows(name, declared)),
)}

## Functions

${table(
  ["function", "such as", "what it gives"],
  functionWords.map(({ names, example, about }) => [
    names.map((name) => `\`${name}\``).join(", "),
    `\`${example}\``,
    about,
  ]),
)}

Not in this language, and what to use instead:

${table(
  ["function", "instead"],
  Object.entries(refusedFunctions).map(([name, instead]) => [`\`${name}\``, instead]),
)}

## Milestones

${table(
  ["`on`", "record", "happens when"],
  Object.entries(milestoneWords).map(([name, about]) => [`\`${name}\``, recordOf(name), about]),
)}

Those that are *posted* show in no field of a CRM record: another system sends them to a connection of the kind \`webhook\`,
with what belongs to them in \`details\`.
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(path.resolve(import.meta.dirname, "..", "docs", "rules-reference.md"), rulesReference());
}
