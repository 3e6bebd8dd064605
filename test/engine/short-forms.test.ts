/** Each short form: what is right comes back as it was, what is wrong is told with right examples, at its place. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { alertForm } from "../../src/engine/short-forms/alert-form.ts";
import { approvalForm } from "../../src/engine/short-forms/approval-form.ts";
import { daysForm } from "../../src/engine/short-forms/days-form.ts";
import { holdForm } from "../../src/engine/short-forms/hold-form.ts";
import { hoursForm } from "../../src/engine/short-forms/hours-form.ts";
import { limitForm } from "../../src/engine/short-forms/limit-form.ts";
import { onceForm } from "../../src/engine/short-forms/once-form.ts";
import { percentForm } from "../../src/engine/short-forms/percent-form.ts";
import { roleForm } from "../../src/engine/short-forms/role-form.ts";
import type { ShortForm } from "../../src/engine/short-forms/short-form.ts";
import { exponentOf } from "../../src/money.ts";
import { periods } from "../../src/windows.ts";
import { problemsOf } from "./known.ts";

const some = <const T extends unknown[]>(...values: T) => fc.constantFrom<T[number][]>(...values);
const upTo = (most: number) => fc.integer({ min: 1, max: most });
const money = fc
  .record({ minor: fc.integer({ min: 1, max: 10 ** 12 }), currency: some("EUR", "JPY", "KWD", "PTS") })
  .filter(({ minor, currency }) => minor < 10 ** (12 + (exponentOf(currency) ?? 0)));
const period = fc.option(fc.constantFrom(...periods));
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);

const forms: [string, ShortForm<never>, fc.Arbitrary<unknown>][] = [
  [
    "hold",
    holdForm as ShortForm<never>,
    fc.oneof(
      fc.constant({ for: "window", while: null }),
      fc.record({
        for: fc.record({ count: upTo(9_999), unit: some("hours", "days", "weeks", "months") }),
        while: some("won", "open", "subscribed", null),
      }),
    ),
  ],
  [
    "limits",
    limitForm as ShortForm<never>,
    fc
      .tuple(
        fc.oneof(
          upTo(999_999_999).map((count) => ({ count, amount: null })),
          money.map((amount) => ({ count: null, amount })),
        ),
        fc.record({ per: some("rule", "recipient", "owner", "team", "company"), period }),
      )
      .map(([most, rest]) => ({ ...most, ...rest })),
  ],
  [
    "approval",
    approvalForm as ShortForm<never>,
    fc.record({ above: fc.option(money), by: name, withinDays: upTo(365) }),
  ],
  [
    "once",
    onceForm as ShortForm<never>,
    fc.oneof(
      fc.record({ per: some("deal", "contact", "lead", "ticket", "milestone"), period: fc.constant(null) }),
      fc.record({ per: some("recipient", "owner", "team", "company"), period }),
    ),
  ],
  ["share", percentForm as ShortForm<never>, upTo(10_000)],
  ["alert", alertForm as ShortForm<never>, upTo(100)],
  ["days", daysForm as ShortForm<never>, fc.record({ first: upTo(7), last: upTo(7) })],
  [
    "hours",
    hoursForm as ShortForm<never>,
    fc
      .tuple(fc.integer({ min: 0, max: 1439 }), upTo(1440))
      .filter(([from, until]) => from < until)
      .map(([from, until]) => ({ from, until })),
  ],
  [
    "to",
    roleForm as ShortForm<never>,
    fc.oneof(
      some("owner", "contact", "manager(owner)", "team"),
      fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,10}[A-Za-z]$/).map((role) => `contributor("${role}")`),
    ),
  ],
];

describe.each(forms)("%s", (_name, form, values) => {
  test("what is printed is read again as the same value, and fits the pattern that editors have", () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = form.print(value as never);
        expect(form.parse(text)).toEqual(value);
        expect(text).toMatch(form.pattern);
      }),
    );
  });

  test("its examples are right, and stand in the error", () => {
    for (const example of form.examples) {
      expect(form.parse(example)).toBeDefined();
      expect(example).toMatch(form.pattern);
    }
    expect(form.examples.some((example) => form.expected.includes(`\`${example}\``))).toBe(true);
  });

  test("any text is read or refused, without a throw; what is read fits the pattern", () => {
    const unit = fc.constantFrom(
      ...form.words,
      ...form.examples.flatMap((each) => each.split(" ")),
      " ",
      "0",
      "9999999999999999",
      "%",
      "-",
      ":",
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(unit, { maxLength: 8 }).map((all) => all.join(" ")),
          fc.array(unit, { maxLength: 5 }).map((all) => all.join("")),
        ),
        (text) => {
          if (form.parse(text) !== undefined) expect(text).toMatch(form.pattern);
        },
      ),
    );
  });
});

const inRule = (...lines: string[]) =>
  problemsOf(`rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous, value: 10 EUR }
rules:
  - id: r
    title: R
${lines.map((line) => `    ${line}\n`).join("")}`).map((line) => line.replace("rules/1.yaml:", ""));
const onWon = (line: string) => inRule("on: deal.won", "reward: { to: owner, give: card }", line);
const examples = {
  hold: "how long the reward waits: `14 days while won`, `48 hours` or `until the window ends`",
  limit:
    "the most that the rule gives: `3 per owner per month`, `5000 EUR per quarter`, `10 in total`, `500 EUR per recipient per year` or `2 per team per week`",
  approval: "who must agree: `above 250 EUR by finance`, `always by manager` or `by finance within 7 days`",
  once: "how often: `per deal`, `per milestone`, `per recipient`, `per owner per quarter` or `per company per year`",
};

describe("a mistake is told with right examples, and with what was probably meant", () => {
  test.each([
    [
      "hold: 14 days while wonn",
      `9:11: found \`14 days while wonn\`, expected ${examples.hold}; did you mean \`14 days while won\`?`,
    ],
    ["hold: 1 dya", `9:11: found \`1 dya\`, expected ${examples.hold}; did you mean \`1 day\`?`],
    ["hold: two weeks", `9:11: found \`two weeks\`, expected ${examples.hold}`],
    ["hold: 0 days", `9:11: found \`0 days\`, expected ${examples.hold}`],
    ["hold: 14", `9:11: found \`14\` (a number), expected ${examples.hold}`],
    ["hold:", `9:5: found \`hold\` without a value, expected ${examples.hold}`],
    ["hold: { days: 14 }", `9:11: found a map of keys and values, expected ${examples.hold}`],
    ["limits: 3", `9:13: found \`3\` (a number), expected ${examples.limit}`],
    [
      "limits: [3 per owner per moth]",
      `9:14: found \`3 per owner per moth\`, expected ${examples.limit}; did you mean \`3 per owner per month\`?`,
    ],
    ["limits: [3 per owner per month, 10]", `9:37: found \`10\` (a number), expected ${examples.limit}`],
    ["limits: [0 in total]", `9:14: found \`0 in total\`, expected ${examples.limit}`],
    ["limits: [50 XYZ per month]", `9:14: found \`50 XYZ per month\`, expected ${examples.limit}`],
    ["limits: []", `9:13: found an empty list, expected ${examples.limit}`],
    ["limits: [3 in total, 3 in total]", "9:26: found `3 in total` again, expected each limit once"],
    ["approval: above 250 by finance", `9:15: found \`above 250 by finance\`, expected ${examples.approval}`],
    [
      "approval: above 250 EUR bye finance",
      `9:15: found \`above 250 EUR bye finance\`, expected ${examples.approval}; did you mean \`above 250 EUR by finance\`?`,
    ],
    [
      "approval: allways by manager",
      `9:15: found \`allways by manager\`, expected ${examples.approval}; did you mean \`always by manager\`?`,
    ],
    ["approval: finance", `9:15: found \`finance\`, expected ${examples.approval}`],
    [
      "approval: by finance within 400 days",
      `9:15: found \`by finance within 400 days\`, expected ${examples.approval}`,
    ],
    [
      "approval: always by finanze",
      "9:25: found `finanze`, expected a group of approvers in accolade.yaml, or `manager`: manager, finance, sales-leads; did you mean `finance`?",
    ],
    [
      "once: per ownr per quarter",
      `9:11: found \`per ownr per quarter\`, expected ${examples.once}; did you mean \`per owner per quarter\`?`,
    ],
    ["once: per deal per month", `9:11: found \`per deal per month\`, expected ${examples.once}`],
    ["once: 3 times", `9:11: found \`3 times\`, expected ${examples.once}`],
    ["clawback: sometimes", "9:15: found `sometimes`, expected `true` or `false`"],
    ["during: office", "9:13: found `office`, expected a calendar, but there is none under `calendars:`"],
    ["budget: q4", "9:13: found `q4`, expected a budget, but there is none under `budgets:`"],
  ])("%s", (line, expected) => expect(onWon(line)).toEqual([expected]));

  test.each([
    ["on: deal.won", "hold: until the window ends", /^8:11: .*only rules on `metric.changed` have a window$/],
    ["on: deal.won", "hold: 2 days while subscribed", /only a contact is subscribed$/],
    ["on: deal.won", "hold: 2 days while open", /expected `while won`: a deal that was won is not open$/],
    ["on: deal.lost", "hold: 2 days while won", /a deal that was lost is not won$/],
    ["on: contact.created", "hold: 2 days while won", /a hold that a contact can keep: only a deal is won$/],
    ["on: lead.created", "limits: [2 per company per month]", /^8:14: .*: a lead has no company$/],
    ["on: lead.created", "once: per company", /`per lead`, `per milestone` or `per recipient`: a lead has no company$/],
    ["on: deal.won", "once: per ticket", /^8:11: found `per ticket` with `on: deal.won`, expected `per deal`/],
  ])("%s, %s", (on, line, expected) => {
    expect(inRule(on, line, "reward: { to: owner, give: card }")).toEqual([expect.stringMatching(expected)]);
  });
});
