/**
 * The keys of a rule file, each with what it means. One declaration feeds three: reading (the message says what was
 * expected, as it stands behind "expected" in a problem), the JSON Schema for editors, and the reference page. A rule is
 * read key by key and item by item, so that one mistake does not hide the next; what an item looks like as a whole is
 * registered in `wholes` of shape-pieces.ts, for the schema.
 */
import { z } from "zod";
import type { ChannelName } from "../channels/channel.ts";
import { parseWindow, periods, type Window } from "../windows.ts";
import { day, form, id, list, map, money, oneOrMore, readLater, text } from "./shape-pieces.ts";
import { alertForm } from "./short-forms/alert-form.ts";
import { approvalForm } from "./short-forms/approval-form.ts";
import { daysForm } from "./short-forms/days-form.ts";
import { holdForm } from "./short-forms/hold-form.ts";
import { hoursForm } from "./short-forms/hours-form.ts";
import { limitForm } from "./short-forms/limit-form.ts";
import { onceForm } from "./short-forms/once-form.ts";
import { percentForm } from "./short-forms/percent-form.ts";
import { roleForm } from "./short-forms/role-form.ts";
import { moneyPattern } from "./short-forms/short-form.ts";
import { milestoneNames } from "./subject-kinds.ts";

// Spelled as a record, so that a new channel cannot be forgotten here.
const channels = Object.keys({
  email: true,
  sms: true,
  whatsapp: true,
  slack: true,
  teams: true,
  push: true,
} satisfies Record<ChannelName, true>) as ChannelName[];
export const channelNames: readonly ChannelName[] = channels;

const titleWords = "a title: a text, or one for each language as `{ en: …, it: … }`";
const Title = z.union(
  [
    text(titleWords),
    z
      .record(z.string().regex(/^[a-z]{2}$/), text(titleWords))
      .refine((titles) => Object.keys(titles).length > 0, { error: titleWords }),
  ],
  { error: titleWords },
);

const valueWords = "an amount with its currency, such as `100 EUR` or `50 points`";
const computedWords =
  'an amount such as `100 EUR` or `50 points`, or `{ expression: "deal.amount * 0.01", currency: EUR, cap: 500 EUR }`';

const providerWords = "a provider, by its id in accolade.yaml";
const currencyWords = "a list of currencies by their three letters, such as `[EUR, CHF]`";
const countryWords = "a list of countries by their two letters, such as `[IT, DE]`";

export const routeShape = {
  provider: text(providerWords).describe(
    "The id of a provider in `accolade.yaml`; beside it, the keys of that provider",
  ),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, { error: "a country by its two letters, such as `IT`" }), {
      error: countryWords,
    })
    .min(1, { error: countryWords })
    .optional()
    .describe(
      "Only for recipients in these countries, as their phone number or time zone says: ISO 3166-1, such as `IT`",
    ),
  currencies: z
    .array(z.string().regex(/^[A-Z]{3}$/, { error: "a currency by its three letters, such as `EUR`" }), {
      error: currencyWords,
    })
    .min(1, { error: currencyWords })
    .optional()
    .describe("Only for values in these currencies"),
  atLeast: money("the least that it is used for, such as `10 EUR`").optional().describe("Only for values from this on"),
  atMost: money("the most that it is used for, such as `500 EUR`").optional().describe("Only for values up to this"),
};
const viaWords = "a list of providers in order: `- { provider: tremendous, products: [amazon-it] }`";

export const rewardShape = {
  id: id("reward", "gift-card").describe("How rules name it: small letters, digits, `-` and `_`"),
  title: Title.optional().describe(
    "What the recipient reads: a text for everybody, or one for each language. The words of the `id` where nothing is given",
  ),
  provider: text(providerWords)
    .optional()
    .describe("Who supplies it: the id of a provider in `accolade.yaml`. This or `via`"),
  via: readLater(
    z.array(z.unknown(), { error: viaWords }).min(1, { error: viaWords }),
    z.array(z.looseObject(routeShape)).min(1),
  )
    .optional()
    .describe("Instead of `provider`: several, in order. The first that fits is used, and the next where it refuses"),
  value: money(valueWords)
    .optional()
    .describe("What it is worth: `100 EUR`, `50 points`. Leave it out where each rule says how much"),
};

export const computedShape = {
  expression: text("an expression that gives a number, such as `deal.amount * 0.01`").describe(
    "A CEL expression that gives a number of major units of the currency",
  ),
  currency: text("a currency, such as `EUR`, or `points`").describe("Of the result: ISO 4217, or `points`"),
  cap: money(`the most that it may give: ${valueWords}`).optional().describe("Never more than this"),
};

const toWords = `${roleForm.expected}, or shares such as \`{ owner: 70%, manager(owner): 30% }\``;
export const partShape = {
  to: readLater(
    z.union([z.string(), z.record(z.string(), z.unknown())], { error: toWords }),
    z.union([
      z.string().regex(roleForm.pattern).meta({ examples: roleForm.examples }),
      z.record(z.string().regex(roleForm.pattern), z.string().regex(percentForm.pattern)),
    ]),
  ).describe("Who gets it: one recipient, or a map of shares in percent that divide one value"),
  give: text("a reward, by its id").describe("Id of a reward"),
  value: readLater(
    z.union([text(computedWords), z.record(z.string(), z.unknown())], { error: computedWords }),
    z.union([z.string().regex(new RegExp(`^${moneyPattern}$`)), z.strictObject(computedShape)]),
  )
    .optional()
    .describe("How much: an amount, or an expression. Goes before the value of the reward"),
};

const windowForm = "`day`, `week`, `month`, `quarter`, `year`, a number of days such as `30 days`, or `all time`";
const over = z.string({ error: windowForm }).transform((given, context): Window => {
  const window = parseWindow(given.trim());
  if (window !== undefined) return window;
  context.issues.push({ code: "custom", message: windowForm, input: given });
  return z.NEVER;
});

export const metricShape = {
  name: text("the name of a metric, such as `close_rate`").describe("Which metric: see the page on metrics"),
  of: z
    .enum(["owner", "team", "company", "campaign", "workspace"], {
      error: "what it is of: owner, team, company, campaign, workspace",
    })
    .describe("Whose it is: `owner`, `team`, `company`, `campaign` or `workspace`"),
  over: readLater(over, z.string().regex(new RegExp(`^(?:${periods.join("|")}|all time|\\d{1,4} days?)$`))).describe(
    `Its window, in the workspace's time zone: ${windowForm}`,
  ),
};

const rewardWords = "who gets what: `{ to: owner, give: coffee }`, or a list of that";
const channelWords = `a list of channels: ${channels.join(", ")}`;
const whereWords = "a list of conditions, such as `- deal.amount >= 1000`";

const Part = z.strictObject(partShape);
const metricWords = "a metric: `{ name: close_rate, of: owner, over: quarter }`";

export const ruleShape = {
  id: id("rule", "big-deal").describe("Unique. It stays with the grants: do not use it again for another rule"),
  title: Title.describe("What the recipient reads as the reason: a text, or one for each language"),
  kpi: text("the goal that the rule serves, such as `close_rate`")
    .optional()
    .describe("The goal that it serves. Reports group by it"),
  on: readLater(
    text("a milestone, such as `deal.won`"),
    z.union([z.enum(milestoneNames as [string, ...string[]]), z.string().regex(/^custom\.[a-z][a-z0-9_]*$/)]),
  ).describe("What happened: a milestone"),
  metric: map(z.looseObject(metricShape), metricWords)
    .optional()
    .describe("With `on: metric.changed`, and only there: which metric, of whom, over which window"),
  where: readLater(
    z.union([z.string(), z.array(z.unknown())], { error: whereWords }),
    z.union([z.string(), z.array(z.string())]),
  )
    .optional()
    .describe("Conditions in CEL. All lines must hold"),
  during: text("a calendar, by its id")
    .optional()
    .describe("Id of a calendar: only what happens in its days and hours counts"),
  reward: readLater(
    z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).min(1, { error: rewardWords })], {
      error: rewardWords,
    }),
    z.union([Part, z.array(Part).min(1)]),
  ).describe("Who gets what. One, or a list: each recipient once"),
  notify: readLater(
    z.union([z.string(), z.array(z.unknown()).min(1, { error: channelWords })], { error: channelWords }),
    z.union([z.enum(channels as [ChannelName, ...ChannelName[]]), z.array(z.enum(channels)).min(1)]),
  )
    .optional()
    .describe("Channels in order of preference. The first that works is used; `[email]` where none is given"),
  once: form(onceForm)
    .optional()
    .describe(
      "How often one recipient gets it. Once for each record that the milestone is about, where nothing is given",
    ),
  hold: form(holdForm).optional().describe("How long it waits before it is issued, and what must stay true until then"),
  limits: oneOrMore(z.string().regex(limitForm.pattern).meta({ examples: limitForm.examples }), limitForm.expected)
    .optional()
    .describe("The most that the rule gives. One, or a list: all of them hold"),
  approval: form(approvalForm).optional().describe("Who must agree before it is issued, and above which amount"),
  budget: text("a budget, by its id").optional().describe("Id of the budget that it takes from"),
  clawback: z
    .boolean({ error: "`true` or `false`" })
    .optional()
    .describe("True: a reward that was used and is no longer due becomes a debt, netted against later ones"),
  from: day("2026-10-01").optional().describe("The first day, or moment, that counts"),
  until: day("2027-01-01").optional().describe("The first day, or moment, that no longer counts"),
  mode: z
    .enum(["active", "shadow"], { error: "`active` or `shadow`" })
    .optional()
    .describe("`shadow`: decides and explains, and gives nothing. `active` where nothing is given"),
};

export const budgetShape = {
  id: id("budget", "emea-2026-q4").describe("How rules name it"),
  amount: money("an amount with its currency, such as `20000 EUR`").describe("What there is to give: `20000 EUR`"),
  from: day("2026-10-01").optional().describe("The first day, or moment, that it pays for"),
  until: day("2027-01-01").optional().describe("The first day, or moment, that it no longer pays for"),
  alert: oneOrMore(
    z
      .string()
      .regex(alertForm.pattern)
      .meta({ examples: ["80%"] }),
    alertForm.expected,
  )
    .optional()
    .describe("How much of it is used when somebody is told. One, or a list; `80%` where nothing is given"),
  when_empty: z
    .enum(["wait", "stop"], { error: "`wait` or `stop`" })
    .optional()
    .describe(
      "What becomes of a reward that finds it empty: it waits for money, or is not given. `wait` where nothing is given",
    ),
};

export const offerShape = {
  id: id("offer", "coffee").describe("Unique. It stays with what was taken: do not use it again for another offer"),
  give: text("a reward, by its id").describe("Id of the reward that one gets"),
  value: money(valueWords).optional().describe("What it is worth, where the reward does not say so"),
  cost: money("points, such as `500 points`").describe("How many points it takes: `500 points`"),
  stock: z
    .number({ error: "a whole number, such as `20`" })
    .int({ error: "a whole number, such as `20`" })
    .min(0, { error: "a whole number, such as `20`" })
    .optional()
    .describe("How many there are in all, those that were taken included. No end of them where nothing is given"),
  budget: text("a budget, by its id")
    .optional()
    .describe("Id of the budget that it takes from. While that has too little money, it is not to be had"),
  approval: form(approvalForm)
    .optional()
    .describe("Who must approve before it is ordered: `always by finance`, `above 50 EUR by manager`"),
  notify: readLater(
    z.union([z.string(), z.array(z.unknown()).min(1, { error: channelWords })], { error: channelWords }),
    z.union([z.enum(channels as [ChannelName, ...ChannelName[]]), z.array(z.enum(channels)).min(1)]),
  )
    .optional()
    .describe("Channels over which they are told when it is there. `[email]` where none is given"),
};

export const tierShape = {
  id: id("tier", "vip").describe("What `customer.tier` says"),
  where: readLater(
    z.union([z.string(), z.array(z.unknown()).min(1, { error: "a list of conditions on `customer`" })], {
      error: "a list of conditions on `customer`, such as `- customer.revenue >= 100000`",
    }),
    z.union([z.string(), z.array(z.string()).min(1)]),
  ).describe("Conditions on `customer` alone. All lines must hold"),
};

export const calendarShape = {
  id: id("calendar", "office-hours").describe("How rules name it"),
  days: oneOrMore(z.string().regex(daysForm.pattern).meta({ examples: daysForm.examples }), daysForm.expected)
    .optional()
    .describe("Days of the week, as `mon-fri` or a list. Every day where nothing is given"),
  hours: form(hoursForm).optional().describe("Hours of the day, half-open. The whole day where nothing is given"),
  except: oneOrMore(z.string().regex(/^\d{4}-\d{2}-\d{2}$/), "a day, or a list of days, such as `[2026-12-25]`")
    .optional()
    .describe("Days that do not count, such as holidays"),
  time_zone: text("an IANA time zone, such as `Europe/Rome`")
    .optional()
    .describe("IANA name. The workspace's where nothing is given"),
};

export const topShape = {
  rewards: list(z.looseObject(rewardShape), "a list of rewards, each beginning with `- id:`").describe(
    "What can be given",
  ),
  rules: list(z.strictObject(ruleShape), "a list of rules, each beginning with `- id:`").describe(
    "When this happens, and these conditions hold, this person gets that",
  ),
  budgets: list(z.strictObject(budgetShape), "a list of budgets, each beginning with `- id:`").describe(
    "Money set aside, which rules take from",
  ),
  offers: list(z.strictObject(offerShape), "a list of offers, each beginning with `- id:`").describe(
    "What recipients may take for their points, on their own page",
  ),
  tiers: list(
    z.strictObject(tierShape),
    "a list of tiers, each as `{ id: vip, where: [customer.revenue >= 100000] }`",
  ).describe("Tiers of customers. The first whose lines hold is the customer's"),
  calendars: list(z.strictObject(calendarShape), "a list of calendars, each beginning with `- id:`").describe(
    "Days and hours that a rule can be limited to",
  ),
};
