import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { loadRules } from "../../src/engine/index.ts";
import { bookOf, known, load, problemsOf } from "./known.ts";

const rewards = `rewards:
  - { id: coffee, title: Coffee, provider: points, value: 50 points }
  - { id: card, title: Card, provider: tremendous }
  - { id: code, title: Code, provider: code-pool, pool: welcome, value: 5 EUR }
`;
/** The rewards, and one rule with these lines, which begin on line 8. */
const withRule = (...lines: string[]) =>
  `${rewards}rules:\n  - id: r\n    title: R\n${lines.map((line) => `    ${line}\n`).join("")}`;
const onWon = (...lines: string[]) => withRule("on: deal.won", "reward: { to: owner, give: coffee }", ...lines);
const inRule = (...lines: string[]) => problemsOf(onWon(...lines)).map((line) => line.replace("rules/1.yaml:", ""));

describe("a good file", () => {
  test("the starter rules load, and nothing is said about them", () => {
    const text = readFileSync(new URL("../../rules/starter.yaml", import.meta.url), "utf8");
    const loaded = loadRules([{ file: "rules/starter.yaml", text }], known);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.book.rules.map(({ id, on, mode }) => [id, on, mode])).toEqual([
      ["deal-won", "deal.won", "active"],
      ["big-deal", "deal.won", "active"],
      ["welcome-subscriber", "contact.subscribed", "active"],
      ["fast-close", "deal.won", "shadow"],
    ]);
    for (const { title } of [...loaded.book.rewards, ...loaded.book.rules])
      expect(Object.keys(title)).toEqual(["en", "it"]);
    expect(loaded.warnings).toEqual([]);
  });

  test("every key arrives in the book, in its checked form", () => {
    const book = bookOf(`
rewards:
  - id: coffee
    title: { en: Coffee, it: Caffè }
    provider: points
    value: 50 points
  - { id: card, title: A card, provider: tremendous, products: [amazon-it] }
rules:
  - id: enterprise-win
    title: { en: Won, it: Vinta }
    kpi: close_rate
    on: deal.won
    where: deal.amount >= 50000
    reward:
      - to: owner
        give: card
        value: { expression: deal.amount * 0.01, currency: EUR, cap: 500.50 EUR }
      - { to: manager(owner), give: coffee }
      - { to: { contact: 70%, contributor('SE'): 12.5% }, give: card, value: 12.50 EUR }
    during: office
    notify: [whatsapp, email]
    once: per owner per quarter
    hold: 14 days while won
    limits: [3 per owner per month, 5000 EUR per quarter]
    approval: above 250 EUR by finance
    budget: q4
    clawback: true
    from: 2026-10-01
    until: 2027-01-01T12:00:00+02:00
    mode: shadow
budgets:
  - id: q4
    amount: 20000 EUR
    from: 2026-10-01
    until: 2027-01-01
    alert: [80%, 50%]
    when_empty: stop
tiers:
  - { id: vip, where: customer.revenue >= 100000 }
  - { id: regular, where: [customer.deals >= 2, customer.days > 30] }
calendars:
  - { id: office, days: [mon-wed, fri], hours: 09:00-18:00, except: [2026-12-25], time_zone: Europe/Berlin }
  - { id: always }
`);
    expect(book.budgets).toEqual([
      {
        id: "q4",
        amount: { minor: 2_000_000, currency: "EUR" },
        from: "2026-09-30T22:00:00.000Z",
        until: "2026-12-31T23:00:00.000Z",
        alerts: [50, 80],
        whenEmpty: "stop",
        file: "rules/1.yaml",
        line: 32,
      },
    ]);
    expect(book.tiers).toEqual([
      { id: "vip", where: ["customer.revenue >= 100000"] },
      { id: "regular", where: ["customer.deals >= 2", "customer.days > 30"] },
    ]);
    expect(book.calendars).toEqual([
      {
        id: "office",
        timeZone: "Europe/Berlin",
        days: [1, 2, 3, 5],
        hours: { from: 540, until: 1080 },
        except: ["2026-12-25"],
      },
      { id: "always", timeZone: "Europe/Rome", days: [1, 2, 3, 4, 5, 6, 7], hours: null, except: [] },
    ]);
    const [coffee, card] = book.rewards;
    expect(coffee).toEqual({
      id: "coffee",
      title: { en: "Coffee", it: "Caffè" },
      provider: "points",
      value: { minor: 50, currency: "PTS" },
      options: {},
      via: [{ provider: "points", options: {}, countries: null, currencies: null, atLeast: null, atMost: null }],
    });
    expect(card).toMatchObject({ title: { en: "A card" }, value: null, options: { products: ["amazon-it"] } });
    expect(book.rules).toEqual([
      {
        id: "enterprise-win",
        title: { en: "Won", it: "Vinta" },
        kpi: "close_rate",
        on: "deal.won",
        metric: null,
        where: ["deal.amount >= 50000"],
        during: "office",
        parts: [
          {
            to: "owner",
            give: card,
            value: { expression: "deal.amount * 0.01", currency: "EUR", cap: { minor: 50_050, currency: "EUR" } },
            split: null,
          },
          { to: "manager(owner)", give: coffee, value: { fixed: { minor: 50, currency: "PTS" } }, split: null },
          ...[
            ["contact", 7_000],
            ['contributor("SE")', 1_250],
          ].map(([to, basisPoints]) => ({
            to,
            give: card,
            value: { fixed: { minor: 1_250, currency: "EUR" } },
            split: { entry: 2, basisPoints },
          })),
        ],
        notify: ["whatsapp", "email"],
        once: { per: "owner", period: "quarter" },
        hold: { text: "14 days while won", for: { count: 14, unit: "days" }, while: "won" },
        limits: [
          { text: "3 per owner per month", count: 3, amount: null, per: "owner", period: "month" },
          {
            text: "5000 EUR per quarter",
            count: null,
            amount: { minor: 500_000, currency: "EUR" },
            per: "rule",
            period: "quarter",
          },
        ],
        approval: {
          text: "above 250 EUR by finance",
          above: { minor: 25_000, currency: "EUR" },
          by: "finance",
          withinDays: 14,
        },
        budget: "q4",
        clawback: true,
        from: "2026-09-30T22:00:00.000Z",
        until: "2027-01-01T10:00:00.000Z",
        mode: "shadow",
        file: "rules/1.yaml",
        line: 9,
      },
    ]);
  });

  test("what is left out has a default that fits the milestone", () => {
    const onceOf = (on: string, to = "owner") =>
      bookOf(withRule(`on: ${on}`, `reward: { to: ${to}, give: coffee }`)).rules[0];
    expect(onceOf("deal.won")).toMatchObject({ notify: ["email"], mode: "active", from: null, until: null, where: [] });
    expect(onceOf("deal.won")?.once).toEqual({ per: "subject", kind: "deal" });
    expect(onceOf("contact.subscribed", "contact")?.once).toEqual({ per: "subject", kind: "contact" });
    expect(onceOf("lead.qualified")?.once).toEqual({ per: "subject", kind: "lead" });
    expect(onceOf("company.renewed")?.once).toEqual({ per: "subject", kind: "company" });
    expect(onceOf("survey.answered")?.once).toEqual({ per: "milestone" });
    expect(onceOf("custom.webinar_attended")?.once).toEqual({ per: "milestone" });
  });

  test("a day begins at midnight in the workspace's time zone, in summer and in winter", () => {
    const [rule] = bookOf(onWon("from: 2026-03-29", "until: 2026-03-30")).rules;
    const hours = DateTime.fromISO(rule?.until ?? "")
      .diff(DateTime.fromISO(rule?.from ?? ""))
      .as("hours");
    expect([rule?.from, hours]).toEqual(["2026-03-28T23:00:00.000Z", 23]);
  });

  test("rules of one file may give rewards of another; the book follows the names of the files", () => {
    const files = [
      { file: "rules/b.yaml", text: "rules:\n  - { id: b, title: B, on: deal.won, reward: { to: owner, give: x } }" },
      { file: "rules/c.yaml", text: "rewards:\n  - { id: x, title: X, provider: points, value: 1 point }" },
      { file: "rules/a.yaml", text: "rules:\n  - { id: a, title: A, on: deal.lost, reward: { to: owner, give: x } }" },
    ];
    const loaded = loadRules(files, known);
    const reversed = loadRules([...files].reverse(), known);
    expect(loaded.ok && loaded.book.rules.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(reversed).toEqual(loaded);
  });

  test("the hash is that of the texts: equal text is an equal version, one other byte is another", () => {
    expect(bookOf(rewards).hash).toMatch(/^[0-9a-f]{64}$/);
    expect(bookOf(rewards).hash).toBe(bookOf(rewards).hash);
    expect(bookOf(`${rewards}# a comment\n`).hash).not.toBe(bookOf(rewards).hash);
    expect(bookOf("rules: []\n", "").hash).not.toBe(bookOf("", "rules: []\n").hash);
  });

  test("no files, empty files and files of comments are an empty book", () => {
    for (const files of [[], [""], ["# nothing yet\n"], ["rules:\nrewards:\n"]]) {
      expect(load(...files)).toMatchObject({ ok: true, book: { rules: [], rewards: [] } });
    }
  });
});

describe("a mistake in YAML", () => {
  test.each([
    ["rules: [", /^rules\/1.yaml:1:9: found YAML that cannot be read/],
    ["rules:\n  - id: a\n    id: b\n", /^rules\/1.yaml:3:5: found `id` for the second time, expected each key once/],
    ["rules:\n\t- id: a\n", /^rules\/1.yaml:2:1: found a tab, expected spaces/],
    ["rules: []\n---\nrules: []\n", /^rules\/1.yaml:2:1: found a second document after `---`/],
    ["- id: a", /^rules\/1.yaml:1:1: found a list, expected a map with `rewards:` and `rules:`/],
    ["rules: 3", /^rules\/1.yaml:1:8: found `3` \(a number\), expected a list of rules/],
    ["rules: *nowhere", /^rules\/1.yaml:1:8: .*expected an anchor `&nowhere` before it/],
    ["rulse: []", /^rules\/1.yaml:1:1: found the key `rulse`, .*did you mean `rules`\?/],
    ["__proto__: {}", /^rules\/1.yaml:1:1: found the key `__proto__`, expected another name/],
    ["rules:\n  - constructor: {}", /^rules\/1.yaml:2:5: found the key `constructor`, expected another name/],
    [`rules: ${"[".repeat(50)}${"]".repeat(50)}`, /^rules\/1.yaml:1:\d+: found more than 12 levels of nesting/],
    ["[".repeat(20_000), /^rules\/1.yaml:1:\d+: found /],
    [`rules: []\n${"#".repeat(1_000_001)}`, /^rules\/1.yaml:1:1: found 1000011 characters, expected at most 1000000/],
  ])("%#", (text, expected) => {
    const [first] = problemsOf(text);
    expect(first).toMatch(expected);
  });

  test("aliases that multiply are refused, a few are welcome", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (const [name, next] of ["ab", "bc", "cd", "de", "ef"])
      bomb.push(`${next}: &${next} [${`*${name}, `.repeat(10)}]`);
    expect(problemsOf(bomb.join("\n"))).toEqual([
      "rules/1.yaml:1:1: found nesting or aliases beyond any use, expected at most 12 levels and 20 aliases",
    ]);
    const shared = onWon("where: &lines [deal.amount > 1]").concat(
      "  - { id: s, title: S, on: deal.lost, where: *lines, reward: { to: owner, give: coffee } }\n",
    );
    expect(bookOf(shared).rules.map(({ where }) => where)).toEqual([["deal.amount > 1"], ["deal.amount > 1"]]);
  });

  test("a condition that YAML reads as a tag or a map is told how to be written", () => {
    expect(inRule("where:", "  - !has(contact.id)", '  - deal.name == "a: b"')).toEqual([
      "11:9: found `!has(contact.id)`, which YAML reads as a tag, expected quotes around a text that begins with `!`",
      "12:9: found a map of keys and values, expected a condition as text, such as `deal.amount >= 1000`; put quotes around it where it has `: ` or begins with `[` or `{`",
    ]);
    expect(inRule("where:", '  - "!has(contact.id)"', "  - 'deal.name == \"a: b\"'")).toEqual([]);
  });
});

describe("a mistake in a key or value names the place, what was found and what was expected", () => {
  test.each([
    [["onse: per deal"], "10:5: found the key `onse`, expected a key that is known here; did you mean `once`?"],
    [["colour: red"], /^10:5: found the key `colour`, expected one of id, title, kpi, on, metric, where/],
    [["once: per deel"], /^10:11: found `per deel`, expected how often: `per deal`, .*; did you mean `per deal`\?/],
    [
      ["once: per contact"],
      "10:11: found `per contact` with `on: deal.won`, expected `per deal`, `per milestone` or `per recipient`",
    ],
    [
      ["notify: [email, smss]"],
      "10:21: found `smss`, expected a channel: email, sms, whatsapp, slack, teams, push; did you mean `sms`?",
    ],
    [["notify: [sms, sms]"], "10:19: found `sms` again, expected each channel once"],
    [
      ["notify: []"],
      "10:13: found an empty list, expected a list of channels: email, sms, whatsapp, slack, teams, push",
    ],
    [["mode: shaddow"], "10:11: found `shaddow`, expected `active` or `shadow`; did you mean `shadow`?"],
    [["from: 2026-02-30"], "10:11: found `2026-02-30`, expected a day that exists in the calendar"],
    [["from: tomorrow"], /^10:11: found `tomorrow`, expected a day such as `2026-10-01`/],
    [
      ["from: 2026-10-01", "until: 2026-10-01"],
      "11:12: found `2026-10-01`, expected a time after `from`, which is `2026-10-01`",
    ],
    [["kpi:"], "10:5: found `kpi` without a value, expected the goal that the rule serves, such as `close_rate`"],
    [
      ["where: [true]"],
      "10:13: found `true` (true or false), expected a condition as text, such as `deal.amount >= 1000`",
    ],
  ])("%j", (lines, expected) => {
    expect(inRule(...lines)).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
  });

  test.each([
    [
      "deal.wonn",
      "found `deal.wonn`, expected a milestone, such as `deal.won` or `custom.<name>`; did you mean `deal.won`?",
    ],
    ["contact.suscribed", /did you mean `contact.subscribed`\?$/],
    ["custom.Webinar", /expected `custom.<name>` with small letters, digits and `_`/],
    ["[deal.won]", "found a list, expected a milestone, such as `deal.won`"],
  ])("on: %s", (on, expected) => {
    const [problem, ...more] = problemsOf(withRule(`on: ${on}`, "reward: { to: owner, give: coffee }"));
    expect(more).toEqual([]);
    const told = problem?.replace("rules/1.yaml:8:9: ", "");
    if (typeof expected === "string") expect(told).toBe(expected);
    else expect(told).toMatch(expected);
  });

  test("titles, ids, and rewards that are missing", () => {
    expect(problemsOf("rules:\n  - id: My Rule\n    title: {}\n  - on: deal.won\n    title:\n")).toEqual([
      "rules/1.yaml:2:5: found no `on`, expected a milestone, such as `deal.won`",
      "rules/1.yaml:2:5: found no `reward`, expected who gets what: `{ to: owner, give: coffee }`, or a list of that",
      "rules/1.yaml:2:9: found `My Rule`, expected an id for the rule: small letters, digits, `-` and `_`, such as `big-deal`",
      "rules/1.yaml:3:12: found a map of keys and values, expected a title: a text, or one for each language as `{ en: …, it: … }`",
      "rules/1.yaml:4:5: found no `id`, expected an id for the rule: small letters, digits, `-` and `_`, such as `big-deal`",
      "rules/1.yaml:4:5: found no `reward`, expected who gets what: `{ to: owner, give: coffee }`, or a list of that",
      "rules/1.yaml:5:5: found `title` without a value, expected a title: a text, or one for each language as `{ en: …, it: … }`",
    ]);
  });

  test("ids that are taken, also in another file", () => {
    expect(problemsOf(onWon(), onWon())).toEqual([
      "rules/2.yaml:2:11: found `coffee` again, expected an id of its own: rules/1.yaml:2 has a reward with this one",
      "rules/2.yaml:3:11: found `card` again, expected an id of its own: rules/1.yaml:3 has a reward with this one",
      "rules/2.yaml:4:11: found `code` again, expected an id of its own: rules/1.yaml:4 has a reward with this one",
      "rules/2.yaml:6:9: found `r` again, expected an id of its own: rules/1.yaml:6 has a rule with this one",
    ]);
  });
});

describe("a mistake in who gets what", () => {
  const inReward = (reward: string, on = "deal.won") =>
    problemsOf(withRule(`on: ${on}`, `reward: ${reward}`)).map((line) => line.replace("rules/1.yaml:9:", ""));

  test.each([
    [
      "{ to: ownr, give: coffee }",
      '19: found `ownr`, expected a recipient: `owner`, `contact`, `manager(owner)`, `team` or `contributor("SE")`; did you mean `owner`?',
    ],
    [
      "{ to: owner, give: cofee }",
      "32: found `cofee`, expected the id of a reward under `rewards:`; did you mean `coffee`?",
    ],
    ["{ to: owner, give: coffee, valu: 5 points }", /^40: found the key `valu`, .*did you mean `value`\?/],
    ["{ to: owner, give: card }", "13: found no `value`, expected how much: `value:` here or in the reward `card`"],
    [
      "{ to: owner, give: coffee, value: 10 EUR }",
      "47: found `10 EUR`, expected points: the provider of this reward supplies nothing else",
    ],
    [
      "{ to: owner, give: card, value: 10 points }",
      "45: found `10 points`, expected money: the provider of this reward does not supply points",
    ],
    ["{ to: owner, give: card, value: 100 }", /^45: found `100` \(a number\), expected an amount such as `100 EUR`/],
    ["{ to: owner, give: card, value: 100€ }", "45: found `100€`, expected an amount of money, such as `100 EUR`"],
    [
      "{ to: owner, give: card, value: 100 eur }",
      "45: found `100 eur`, expected an amount of money, such as `100 EUR`; did you mean `100 EUR`?",
    ],
    [
      "{ to: owner, give: card, value: 1.234 EUR }",
      "45: found `1.234 EUR`, expected an amount of money, such as `100 EUR`",
    ],
    ["{ to: owner, give: card, value: 0 EUR }", "45: found `0 EUR`, expected an amount above zero"],
    ["{ to: owner, give: card, value: { expression: deal.amount } }", /^45: found no `currency`, expected a currency/],
    [
      "{ to: owner, give: card, value: { expression: deal.amont, currency: EUR } }",
      "64: found `deal.amont`, expected a field of `deal`; did you mean `deal.amount`?",
    ],
    [
      "{ to: owner, give: card, value: { expression: deal.name, currency: EUR } }",
      "59: found `deal.name`, which is text, expected a number, such as `deal.amount * 0.01`",
    ],
    [
      '{ to: owner, give: card, value: { expression: "deal.amount", currency: eur } }',
      "84: found `eur`, expected a currency by its three letters, such as `EUR`, or `points`; did you mean `EUR`?",
    ],
    [
      "{ to: owner, give: card, value: { expression: deal.amount, currency: points } }",
      "82: found `points`, expected money: the provider of this reward does not supply points",
    ],
    [
      "{ to: owner, give: card, value: { expression: deal.amount, currency: EUR, cap: 5 USD } }",
      "92: found `5 USD`, expected an amount in `EUR`, as `currency` says",
    ],
    [
      "[{ to: owner, give: coffee }, { to: owner, give: code }]",
      "49: found `to: owner` again, expected each recipient once in a rule",
    ],
    ["[]", /^13: found an empty list, expected who gets what/],
  ])("%s", (reward, expected) => {
    const [problem, ...more] = inReward(reward);
    expect(more).toEqual([]);
    if (typeof expected === "string") expect(problem).toBe(expected);
    else expect(problem).toMatch(expected);
  });

  test("a recipient that the milestone cannot have", () => {
    expect(inReward("{ to: contact, give: coffee }", "company.renewed")).toEqual([
      "19: found `contact` with `on: company.renewed`, expected one of owner, manager(owner), team: a company has no contact",
    ]);
    expect(inReward("{ to: contact, give: coffee }", "contact.erased")).toEqual([
      "19: found `contact` with `on: contact.erased`, expected one of owner, manager(owner), team: the contact of `contact.erased` asked to be forgotten",
    ]);
    expect(inReward("{ to: contact, give: coffee }", "deal.won")).toEqual([]);
  });

  test("several providers of one reward, in order, each with its own keys and for whom it is", () => {
    const book = bookOf(`
rewards:
  - id: card
    value: 100 EUR
    via:
      - { provider: tremendous, products: [a], countries: [IT, DE], atMost: 500 EUR }
      - { provider: code-pool, pool: welcome, currencies: [EUR] }
`);
    expect(book.rewards[0]).toMatchObject({
      provider: "tremendous",
      options: { products: ["a"] },
      via: [
        {
          provider: "tremendous",
          countries: ["IT", "DE"],
          currencies: null,
          atMost: { minor: 50_000, currency: "EUR" },
        },
        { provider: "code-pool", options: { pool: "welcome" }, countries: null, currencies: ["EUR"], atLeast: null },
      ],
    });
  });

  test("mistakes in the list of providers are named at their place", () => {
    expect(
      problemsOf(`rewards:
  - { id: a, via: [] }
  - { id: b, provider: points, via: [{ provider: points }] }
  - { id: c, via: [{ provider: tremendus }] }
  - { id: d, via: [{ provider: code-pool, pool: x, countries: [Italy] }] }
  - { id: e, via: [{ provider: code-pool, pool: x, currencies: [EUX] }] }
  - { id: f, via: [{ provider: code-pool, pool: x, atLeast: 10 EUR, atMost: 5 EUR }] }
  - { id: g, via: [{ provider: points }, { provider: code-pool, pool: x }] }
  - { id: h, pool: x, via: [{ provider: code-pool, pool: x }] }
  - { id: i, via: [{ provider: code-pool, pool: x, products: [y] }] }
  - { id: j, value: 5 points, via: [{ provider: code-pool, pool: x }] }
  - { id: k }
`),
    ).toEqual([
      "rules/1.yaml:2:19: found an empty list, expected a list of providers in order: `- { provider: tremendous, products: [amazon-it] }`",
      "rules/1.yaml:3:14: found `provider` beside `via`, expected one of them: `via` names its providers itself",
      "rules/1.yaml:4:32: found `tremendus`, expected a provider of accolade.yaml: points, code-pool, tremendous; did you mean `tremendous`?",
      "rules/1.yaml:5:64: found `Italy`, expected a country by its two letters, such as `IT`",
      "rules/1.yaml:6:65: found `EUX`, expected a currency by its three letters, such as `EUR`, or `points`",
      "rules/1.yaml:7:77: found `5 EUR`, expected an amount of at least `10 EUR`",
      "rules/1.yaml:8:19: found providers of points and of money, expected providers that can supply the same value",
      "rules/1.yaml:9:14: found the key `pool`, expected one of id, title, provider, via, value",
      "rules/1.yaml:10:52: found the key `products`, expected one of provider, countries, currencies, atLeast, atMost, pool",
      "rules/1.yaml:11:21: found `5 points`, expected money: the provider of this reward does not supply points",
      "rules/1.yaml:12:5: found no `provider`, expected a provider, by its id in accolade.yaml",
    ]);
  });

  test("a reward: provider, value, and the keys of its provider", () => {
    expect(
      problemsOf(`rewards:
  - { id: a, title: A, provider: tremendus }
  - { id: b, title: B, provider: tremendous, product: [x] }
  - { id: c, title: C, provider: tremendous, products: [] }
  - { id: d, title: D, provider: code-pool, value: 5 points }
  - { id: e, title: E, provider: code-pool, pool: Welcome! }
  - { id: f, titel: F, provider: points }
`),
    ).toEqual([
      "rules/1.yaml:2:34: found `tremendus`, expected a provider of accolade.yaml: points, code-pool, tremendous; did you mean `tremendous`?",
      "rules/1.yaml:3:46: found the key `product`, expected a key that is known here; did you mean `products`?",
      "rules/1.yaml:4:56: found an empty list, expected a list of at least 1",
      "rules/1.yaml:5:5: found no `pool`, expected a text",
      "rules/1.yaml:5:52: found `5 points`, expected money: the provider of this reward does not supply points",
      expect.stringMatching(/^rules\/1.yaml:6:51: found `Welcome!`, expected /),
      "rules/1.yaml:7:14: found the key `titel`, expected a key that is known here; did you mean `title`?",
    ]);
  });

  test("a reward with a fault of its own is not reported a second time by the rules that give it", () => {
    const text =
      "rewards:\n  - { id: a, title: A, provider: nobody }\nrules:\n  - { id: r, title: R, on: deal.won, reward: { to: owner, give: a } }\n";
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^rules\/1.yaml:2:34: found `nobody`/)]);
    // nor is a reward unknown that may stand in a file which cannot be read
    expect(
      problemsOf("rewards: [", "rules:\n  - { id: r, title: R, on: deal.won, reward: { to: owner, give: a } }\n"),
    ).toHaveLength(1);
  });
});

describe("a mistake in a condition is reported at its column", () => {
  test.each([
    ["- deal.amunt >= 3", "11:14: found `deal.amunt`, expected a field of `deal`; did you mean `deal.amount`?"],
    ["- has(owner.tem)", "11:19: found `owner.tem`, expected a field of `owner`; did you mean `owner.team`?"],
    ["- amount >= 3", "11:9: found `amount`, expected a variable; did you mean `deal.amount`?"],
    ["- ownr.team == 'x'", "11:9: found `ownr`, expected a variable; did you mean `owner`?"],
    ["- milestone.subject.kid == 'deal'", /^11:27: .*did you mean `milestone.subject.kind`\?/],
    ["- deal.amount = 3", "11:21: found `=`, expected `==`"],
    ["- deal.amount > 3 and deal.amount < 9", "11:25: found `and`, expected `&&`"],
    ["- deal.amount >", "11:22: found the end of the line, expected the rest of the expression"],
    ["- deal.amount > 'x'", /^11:9: found `deal.amount > 'x'`, with a number on the left and text on the right/],
    [
      "- deal.amount",
      "11:9: found `deal.amount`, which is a number, expected a condition that is true or false, such as `deal.amount >= 1000`",
    ],
    [
      "- sise(deal.name) > 3",
      "11:9: found `sise(deal.name)`, expected a function of the language; did you mean `size`?",
    ],
    ["- owner != null", "11:9: found `owner != null`, expected `has(owner.id)`, which asks whether it is known"],
    [
      "- deal.amount == null",
      "11:9: found `deal.amount == null`, expected `!has(deal.amount)`, which asks whether it is known",
    ],
    [
      "- deal.cycle_days in [30, 60]",
      /^11:9: .*expected whole numbers written with a decimal point here, such as `30.0`/,
    ],
    ["- deal.amount * (10 / 100) > 5", /^11:24: found `10 \/ 100`, which drops .*, expected `10.0 \/ 100`/],
    ["- deal.name.matches('(a+)+b')", /^11:9: found `matches\(…\)`, expected `contains`/],
    [
      `- "deal.name == 'x' && deal.nme == 'y'"`,
      "11:35: found `deal.nme`, expected a field of `deal`; did you mean `deal.name`?",
    ],
    ["- ''", "11:9: found an empty text, expected an expression"],
  ])("%s", (line, expected) => {
    const [problem, ...more] = inRule("where:", `  ${line}`);
    expect(more).toEqual([]);
    if (typeof expected === "string") expect(problem).toBe(expected);
    else expect(problem).toMatch(expected);
  });

  test("a condition beyond any use", () => {
    expect(inRule(`where: "${"!".repeat(3000)}true"`)).toEqual([
      expect.stringMatching(/^10:1013: found a very long or deep/),
    ]);
    expect(inRule(`where: "${"(".repeat(100)}"`)).toEqual([expect.stringMatching(/found a very long or deep/)]);
    expect(inRule(`where: deal.name == "${"x".repeat(4000)}"`)).toEqual([
      "10:12: found 4015 characters, expected at most 4000",
    ]);
  });

  test("in a text over several lines, at the line where it is", () => {
    expect(inRule("where:", "  - |", "    deal.amount > 3 &&", "      deal.amunt > 4")).toEqual([
      "13:16: found `deal.amunt`, expected a field of `deal`; did you mean `deal.amount`?",
    ]);
  });

  test("all of a line's unknown names, and all lines, are reported at once", () => {
    expect(
      inRule("where:", "  - deal.amunt > 3 && ownr.team == 'x'", "  - foo.bar", "  - deal.stage = 'x'"),
    ).toHaveLength(4);
  });
});
