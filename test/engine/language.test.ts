/** Budgets, tiers, calendars, metrics, divided rewards and currencies: how they are read, and what is refused. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { bookOf, load, problemsOf } from "./known.ts";

const head = `rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous, value: 10 EUR }
`;
const inFile = (...lines: string[]) =>
  problemsOf(`${head}${lines.map((line) => `${line}\n`).join("")}`).map((line) => line.replace("rules/1.yaml:", ""));
/** A rule on line 6 and below; its own lines begin on line 7. */
const rule = (...lines: string[]) => ["rules:", "  - id: r", "    title: R", ...lines.map((line) => `    ${line}`)];
const inRule = (...lines: string[]) => inFile(...rule(...lines));
const card = "reward: { to: owner, give: card }";

test("the example that the design was agreed with loads as it is", () => {
  const text = readFileSync(new URL("./design-example.yaml", import.meta.url), "utf8");
  const book = bookOf(text);
  expect(book.rules.map(({ id, metric, once, limits }) => [id, metric?.name, once, limits.length])).toEqual([
    ["enterprise-win", undefined, { per: "subject", kind: "deal" }, 2],
    ["close-rate-climber", "close_rate", { per: "owner", period: "quarter" }, 0],
  ]);
});

describe("budgets, tiers and calendars", () => {
  test.each([
    [
      "budgets: [{ id: b, amount: 100 }]",
      /^4:28: found `100` \(a number\), expected an amount with its currency, such as `20000 EUR`$/,
    ],
    ["budgets: [{ id: b, amount: 0 EUR }]", "4:28: found `0 EUR`, expected an amount above zero"],
    [
      "budgets: [{ id: b, amount: 5 EUR, alert: 0.8 }]",
      "4:42: found `0.8` (a number), expected how much of the budget is used when somebody is told: `80%` or `[50%, 80%]`",
    ],
    ["budgets: [{ id: b, amount: 5 EUR, alert: [50%, 120%] }]", /^4:48: found `120%`, expected how much/],
    ["budgets: [{ id: b, amount: 5 EUR, when_empty: wate }]", "4:47: found `wate`, expected `wait` or `stop`"],
    ["budgets: [{ id: b, amount: 5 EUR, form: 2026-01-01 }]", /found the key `form`, .*did you mean `from`\?$/],
    [
      "budgets: [{ id: b, amount: 5 EUR }, { id: b, amount: 6 EUR }]",
      /^4:43: found `b` again, expected an id of its own: rules\/1.yaml:4 has a budget/,
    ],
    ["budgets: 5", /expected a list of budgets, each beginning with `- id:`$/],
    [
      "tiers: [{ id: vip, where: [deal.amount > 5] }]",
      "4:28: found `deal.amount`, expected conditions on `customer` alone, such as `customer.revenue >= 100000`",
    ],
    [
      "tiers: [{ id: vip, where: [customer.tier == 'x'] }]",
      /^4:28: found `customer.tier`, expected what the tier depends on/,
    ],
    ["tiers: [{ id: vip, where: [customer.revenu > 5] }]", /did you mean `customer.revenue`\?$/],
    [
      "tiers: [{ id: vip }]",
      "4:9: found no `where`, expected a list of conditions on `customer`, such as `- customer.revenue >= 100000`",
    ],
    [
      "calendars: [{ id: c, days: mon-fry }]",
      "4:28: found `mon-fry`, expected days of the week: `mon-fri`, `sat` or `[mon, wed, fri]`; did you mean `mon-fri`?",
    ],
    [
      "calendars: [{ id: c, hours: 18:00-09:00 }]",
      "4:29: found `18:00-09:00`, expected hours of one day, the later one behind: `09:00-18:00` or `00:00-12:30`",
    ],
    [
      "calendars: [{ id: c, except: [2026-02-30] }]",
      "4:31: found `2026-02-30`, expected a day of the calendar, such as `2026-12-25`",
    ],
    [
      "calendars: [{ id: c, time_zone: Europe/Rom }]",
      "4:33: found `Europe/Rom`, expected an IANA time zone, such as `Europe/Rome`; did you mean `Europe/Rome`?",
    ],
  ])("%s", (line, expected) => {
    expect(inFile(line)).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
  });

  test("a name that nothing has is told with what is near, and faults of the entry are told only there", () => {
    const extra = [
      "budgets: [{ id: q4, amount: 100 EUR }]",
      "calendars: [{ id: office }]",
      "tiers: [{ id: vip, where: [customer.deals > 3] }]",
    ];
    const told = inFile(
      ...extra,
      ...rule("on: deal.won", card, "budget: q3", "during: ofice", "where: customer.tier == 'vp'"),
    );
    expect(told).toEqual([
      "12:13: found `q3`, expected the id of a budget under `budgets:`; did you mean `q4`?",
      "13:13: found `ofice`, expected the id of a calendar under `calendars:`; did you mean `office`?",
      "14:12: found `vp`, expected the id of a tier: vip; did you mean `vip`?",
    ]);
    expect(inFile("budgets: [{ id: q4, amount: much }]", ...rule("on: deal.won", card, "budget: q4"))).toHaveLength(1);
    expect(inRule("on: deal.won", card, "where: customer.tier == 'vip'")).toEqual([
      "9:12: found `customer.tier`, expected tiers, but there are none under `tiers:`",
    ]);
  });

  test("a budget must pay while the rule is in force", () => {
    const budget = "budgets: [{ id: q4, amount: 100 EUR, from: 2026-10-01, until: 2027-01-01 }]";
    const told = (...window: string[]) => inFile(budget, ...rule("on: deal.won", card, "budget: q4", ...window));
    expect(told("from: 2027-01-01")).toEqual([
      "10:13: found `q4`, which pays from 2026-09-30T22:00:00.000Z to 2026-12-31T23:00:00.000Z, expected a budget that pays while the rule is in force",
    ]);
    expect(told("until: 2026-10-01")).toHaveLength(1);
    expect(told("until: 2026-10-02")).toEqual([]);
    expect(told()).toEqual([]);
  });
});

describe("currencies that are counted together", () => {
  const budget = (amount: string) => `budgets: [{ id: b, amount: ${amount} }]`;
  const giving = (value: string, give = "card") => [
    "on: deal.won",
    `reward: { to: owner, give: ${give}, value: ${value} }`,
  ];
  test.each([
    ["100 EUR", "5 EUR"],
    ["100 EUR", "5 USD"],
    ["100 USD", "5 USD"],
  ])("a budget of %s pays %s", (amount, value) => {
    expect(inFile(budget(amount), ...rule(...giving(value), "budget: b"))).toEqual([]);
  });

  test("what has no rate, and points beside money, are refused", () => {
    expect(inFile(budget("100 EUR"), ...rule(...giving("5 CHF"), "budget: b"))).toEqual([
      "10:13: found `b`, which counts EUR, expected an amount in CHF, which the rule gives, or `rates:` for CHF and EUR in accolade.yaml",
    ]);
    expect(inFile(budget("100 points"), ...rule(...giving("5 EUR"), "budget: b"))).toEqual([
      "10:13: found `b`, which counts points, expected an amount in EUR, which the rule gives",
    ]);
    expect(
      inRule(...giving("5 points", "coffee"), "limits: [500 EUR per month]", "approval: above 5 EUR by finance"),
    ).toEqual([
      expect.stringMatching(/^9:14: found `500 EUR per month`, which counts EUR, expected an amount in points/),
      expect.stringMatching(/^10:15: found `above 5 EUR by finance`, which counts EUR, expected an amount in points/),
    ]);
  });

  test("points beside money in one rule are left out of what counts money", () => {
    const both = "reward: [{ to: owner, give: card }, { to: manager(owner), give: coffee }]";
    expect(
      inFile(budget("100 EUR"), ...rule("on: deal.won", both, "budget: b", "limits: [50 points in total]")),
    ).toEqual([]);
  });
});

describe("a divided reward", () => {
  const to = (shares: string, on = "deal.won") => inRule(`on: ${on}`, `reward: { to: ${shares}, give: card }`);
  test.each([
    ["{ owner: 70%, manager(owner): 40% }", "8:19: found shares of 110% in all, expected at most 100%"],
    ["{ owner: 0.7 }", "8:28: found `0.7` (a number), expected a share in percent, such as `70%` or `12.5%`"],
    ["{ owner: 0% }", /^8:28: found `0%`, expected a share in percent/],
    ["{ ownr: 70% }", /^8:21: found `ownr`, expected a recipient: .*; did you mean `owner`\?$/],
    [
      "{ owner: 50%, team: 50% }",
      "8:33: found `team` with a share, expected an entry of its own for `team`: everybody in it gets the whole value",
    ],
    ["{}", "8:19: found an empty map, expected shares such as `{ owner: 70%, manager(owner): 30% }`"],
  ])("%s", (shares, expected) => {
    expect(to(shares)).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
  });

  test("each recipient once, also among shares; and only whom the milestone can have", () => {
    expect(inRule("on: deal.won", "reward: [{ to: { owner: 50% }, give: card }, { to: owner, give: coffee }]")).toEqual(
      [expect.stringMatching(/^8:56: found `to: owner` again, expected each recipient once in a rule$/)],
    );
    expect(to(`{ contributor("SE"): 50%, owner: 50% }`, "lead.created")).toEqual([
      '8:21: found `contributor("SE")` with `on: lead.created`, expected one of owner, manager(owner), team: a lead has no contributors',
    ]);
  });

  test("less than 100% is allowed, and warned of", () => {
    const loaded = load(
      `${head}${rule("on: deal.won", "reward: { to: { owner: 70%, contact: 20% }, give: card }").join("\n")}`,
    );
    expect(loaded.ok && loaded.warnings.map(({ found, expected }) => [found, expected])).toEqual([
      ["shares of 90% in all", "100%: 10% of the value is not given"],
    ]);
  });
});

describe("rules on metrics", () => {
  const metric = (given: string, ...lines: string[]) =>
    inRule("on: metric.changed", `metric: ${given}`, ...(lines.length > 0 ? lines : [card]));
  test("every option, defaults filled in; once in each period of the window", () => {
    const read = (given: string) =>
      bookOf(`${head}${rule("on: metric.changed", `metric: ${given}`, card).join("\n")}`).rules[0];
    expect(read("{ name: close_rate, of: owner, over: quarter, basis: closed }")).toMatchObject({
      metric: { name: "close_rate", of: "owner", over: "quarter", options: { basis: "closed", weight: "count" } },
      once: { per: "recipient", period: "quarter" },
    });
    expect(read("{ name: cycle_days, of: owner, over: 30 days }")).toMatchObject({
      metric: { over: { days: 30 }, options: {} },
      once: { per: "recipient", period: null },
    });
  });

  test.each([
    [
      "{ name: close_rat, of: owner, over: quarter }",
      "8:21: found `close_rat`, expected a metric: close_rate, cycle_days, customer_lifetime_value; did you mean `close_rate`?",
    ],
    [
      "{ name: cycle_days, of: workspace, over: quarter }",
      "8:37: found `workspace`, expected what `cycle_days` can be of: `owner` or `team`",
    ],
    [
      "{ name: cycle_days, of: ownr, over: quarter }",
      "8:37: found `ownr`, expected what it is of: owner, team, company, campaign, workspace; did you mean `owner`?",
    ],
    [
      "{ name: cycle_days, of: owner, over: fortnight }",
      /^8:50: found `fortnight`, expected `day`, `week`, .* `30 days`, or `all time`$/,
    ],
    [
      "{ name: cycle_days, of: owner, over: quarter, bases: closed }",
      /^8:59: found the key `bases`, expected one of name, of, over for `cycle_days`$/,
    ],
    [
      "{ name: close_rate, of: owner, over: quarter, bases: closed }",
      /found the key `bases`, .*; did you mean `basis`\?$/,
    ],
    [
      "{ name: close_rate, of: owner, over: quarter, basis: clozed }",
      "8:66: found `clozed`, expected `prospects` or `closed`; did you mean `closed`?",
    ],
    ["{ of: owner, over: quarter }", "8:13: found no `name`, expected the name of a metric, such as `close_rate`"],
    ["close_rate", "8:13: found `close_rate`, expected a metric: `{ name: close_rate, of: owner, over: quarter }`"],
  ])("%s", (given, expected) => {
    expect(metric(given)).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
  });

  test("`metric` and `on: metric.changed` come together", () => {
    expect(inRule("on: metric.changed", card)).toEqual([
      "7:9: found no `metric` with `on: metric.changed`, expected `metric: { name: close_rate, of: owner, over: quarter }`",
    ]);
    expect(inRule("on: deal.won", "metric: { name: close_rate, of: owner, over: quarter }", card)).toEqual([
      "8:5: found `metric` with `on: deal.won`, expected `on: metric.changed`, or no `metric`",
    ]);
  });

  const ofOwner = "{ name: close_rate, of: owner, over: quarter }";
  const ofTeam = "{ name: close_rate, of: team, over: quarter }";
  test.each([
    [
      ofOwner,
      ["reward: { to: contact, give: card }"],
      /^9:19: found `contact` with `on: metric.changed`, expected one of owner, manager\(owner\), team: a metric of an owner has no other$/,
    ],
    [ofTeam, [card], /expected one of team: a metric of a team has no other$/],
    [
      "{ name: close_rate, of: workspace, over: quarter }",
      [card],
      /expected another milestone or metric: a metric of a workspace belongs to nobody; use `of: owner` or `of: team`$/,
    ],
    [
      ofTeam,
      ["reward: { to: team, give: card }", "once: per owner"],
      /^10:11: found `per owner` with .*: a metric of a team has no owner$/,
    ],
    [
      ofOwner,
      [card, "once: per milestone"],
      /expected `per recipient per quarter`, `per owner per quarter` or `per team per quarter`: a metric changes again and again$/,
    ],
    [ofOwner, [card, "once: per deal"], /a metric changes again and again$/],
    [ofOwner, [card, "hold: 2 days while won"], /a metric is neither won, open nor subscribed$/],
    [
      ofOwner,
      [card, "where: deal.amount > 5"],
      "10:12: found `deal.amount` with `on: metric.changed`, expected a value that can be known: a metric of an owner has no `deal`",
    ],
    [ofTeam, ["reward: { to: team, give: card }", "where: owner.team == 'A'"], /a metric of a team has no `owner`$/],
  ])("%s, %j", (given, lines, expected) => {
    expect(metric(given, ...lines)).toEqual([
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    ]);
  });
});

describe("variables where they can never be known", () => {
  test.each([
    [
      "deal.won",
      "metric.value > 0.5",
      "9:12: found `metric.value` with `on: deal.won`, expected a value that can be known: only rules on `metric.changed` see a metric",
    ],
    ["contact.subscribed", "deal.amount > 5", /a contact has no `deal`$/],
    ["company.renewed", "lead.source == 'x'", /a company has no `lead`$/],
    ["lead.created", "contributors.SE.team == 'x'", /a lead has no `contributors`$/],
  ])("on %s: %s", (on, line, expected) => {
    expect(inRule(`on: ${on}`, card, `where: ${line}`)).toEqual([
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    ]);
  });

  test("but `has` may ask, and a survey may be about anything", () => {
    expect(inRule("on: contact.created", card, "where: '!has(deal.id)'")).toEqual([]);
    expect(inRule("on: survey.answered", card, "where: deal.amount > 5")).toEqual([]);
  });

  test("also in the expression of a value", () => {
    const value = "value: { expression: deal.amount, currency: EUR }";
    expect(inRule("on: contact.created", `reward: { to: contact, give: card, ${value} }`)).toEqual([
      expect.stringMatching(/^8:61: found `deal.amount` with `on: contact.created`/),
    ]);
  });

  test("the days in a stage are asked of a stage by its name", () => {
    const asked = (line: string) => inRule("on: deal.won", card, `where: ${line}`);
    expect(asked('deal.stage_days("proposal") > 3')).toEqual([]);
    expect(asked("deal.stage_days > 3")).toEqual([
      '9:17: found `deal.stage_days`, expected `deal.stage_days("proposal")`',
    ]);
    expect(asked("deal.stage_days(deal.stage) > 3")).toEqual([
      '9:12: found `deal.stage_days(deal.stage)`, expected `deal.stage_days("proposal")`, with the name in quotes',
    ]);
    expect(asked("deal.stage_days(3) > 3")).toHaveLength(1);
  });
});
