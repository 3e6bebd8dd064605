/** A truth table: small stories, worked out by hand, for every metric and for every case that docs/metrics.md decides. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { metrics } from "../../src/metrics/index.ts";
import { addCosts, CostInput } from "../../src/pipeline/costs.ts";
import { recomputeMetrics } from "../../src/pipeline/recompute-metrics.ts";
import { type Bench, clockAt, openBench } from "../support/workspace.ts";
import { look, parkedEvents, post, SECRET, type Told, told } from "./story.ts";

const at = (day: string, time = "10:00") => `${day}T${time}:00Z`;

interface Case {
  metric: string;
  about: string;
  story: Told[];
  of: string;
  over?: string;
  day: string;
  options?: Record<string, string>;
  value: number | null;
  sample?: number;
  change?: number | null;
}

const open = (id: string, day: string, fields: Record<string, unknown>) =>
  told(`deal/${id}`, "created", at(day), fields);
const won = (id: string, day: string, fields: Record<string, unknown> = {}, time?: string) =>
  told(`deal/${id}`, "won", at(day, time), fields);
const sold = (id: string, day: string, fields: Record<string, unknown>) => [
  open(id, day, fields),
  won(id, day, {}, "12:00"),
];
const answered = (contact: string, survey: string, owner: string, scores: number[]) => [
  told(`contact/${contact}`, "created", at("2026-02-01"), { owner }),
  ...scores.map((score, index) =>
    told(`contact/${contact}`, "survey.answered", at("2026-02-02", `10:0${index}`), {}, { survey, score }),
  ),
];

const Q1 = "2026-02-15";
const Q2 = "2026-05-15";

const cases: Case[] = [
  // close_rate
  {
    metric: "close_rate",
    about: "won ÷ open at some time: one of an earlier quarter counts while it is open",
    story: [
      open("a1", "2025-12-20", { owner: "o1", amount: 100 }),
      open("a2", "2026-01-10", { owner: "o1", amount: 300 }),
      open("a3", "2026-02-10", { owner: "o1", amount: 600 }),
      ...sold("a4", "2025-11-10", { owner: "o1", amount: 5000 }),
      won("a2", "2026-03-01"),
      told("deal/a3", "lost", at("2026-03-02")),
    ],
    of: "owner/o1",
    day: Q1,
    value: 1 / 3,
    sample: 3,
    change: (1 / 3 - 1 / 2) / (1 / 2),
  },
  {
    metric: "close_rate",
    about: "of those closed",
    story: [],
    of: "owner/o1",
    day: Q1,
    options: { basis: "closed" },
    value: 0.5,
    sample: 2,
  },
  {
    metric: "close_rate",
    about: "by amount",
    story: [],
    of: "owner/o1",
    day: Q1,
    options: { weight: "amount" },
    value: 0.3,
    sample: 3,
  },
  {
    metric: "close_rate",
    about: "by amount, of those closed",
    story: [],
    of: "owner/o1",
    day: Q1,
    options: { weight: "amount", basis: "closed" },
    value: 300 / 900,
    sample: 2,
  },
  {
    metric: "close_rate",
    about: "over 30 days that end with a day",
    story: [],
    of: "owner/o1",
    over: "30 days",
    day: "2026-03-01",
    value: 1 / 3,
  },
  {
    metric: "close_rate",
    about: "over all time",
    story: [],
    of: "owner/o1",
    over: "all time",
    day: "2026-12-01",
    value: 2 / 4,
  },
  {
    metric: "close_rate",
    about: "a deal that is reopened within the window counts once",
    story: [
      open("b1", "2026-01-05", { owner: "o2" }),
      told("deal/b1", "lost", at("2026-01-10")),
      told("deal/b1", "reopened", at("2026-02-20")),
      won("b1", "2026-03-10"),
    ],
    of: "owner/o2",
    day: Q1,
    value: 1,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "… and counts for a month in which it was open, not for one in which it was lost",
    story: [],
    of: "owner/o2",
    over: "month",
    day: "2026-02-10",
    value: 0,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "… and for no day on which it was lost",
    story: [],
    of: "owner/o2",
    over: "day",
    day: "2026-02-10",
    value: null,
    sample: 0,
  },
  {
    metric: "close_rate",
    about: "a win that did not stand is none",
    story: [
      open("c1", "2026-01-05", { owner: "o3" }),
      won("c1", "2026-01-20"),
      told("deal/c1", "reopened", at("2026-02-01")),
    ],
    of: "owner/o3",
    day: Q1,
    value: 0,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "handed over: open for both, won by who has it then; here who had it before",
    story: [
      open("d1", "2026-01-05", { owner: "o4" }),
      told("deal/d1", "changed", at("2026-02-05"), { owner: "o5" }),
      won("d1", "2026-03-05"),
    ],
    of: "owner/o4",
    day: Q1,
    value: 0,
    sample: 1,
  },
  { metric: "close_rate", about: "… here who has it then", story: [], of: "owner/o5", day: Q1, value: 1, sample: 1 },
  {
    metric: "close_rate",
    about: "… who did not have it yet in January",
    story: [],
    of: "owner/o5",
    over: "month",
    day: "2026-01-15",
    value: null,
    sample: 0,
  },
  {
    metric: "close_rate",
    about: "a deal that was merged away counts no more",
    story: [
      ...sold("e1", "2026-01-05", { owner: "o6" }),
      open("e2", "2026-01-06", { owner: "o6" }),
      told("deal/e1", "merged", at("2026-01-07"), { merged_into: "e2" }),
    ],
    of: "owner/o6",
    day: Q1,
    value: 0,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "deleted as if it had never been",
    story: [
      ...sold("f1", "2026-01-05", { owner: "o7" }),
      open("f2", "2026-01-06", { owner: "o7" }),
      told("deal/f1", "deleted", at("2026-04-07")),
    ],
    of: "owner/o7",
    day: Q1,
    value: 0,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "and restored, it is back",
    story: [
      ...sold("f3", "2026-01-05", { owner: "o8" }),
      told("deal/f3", "deleted", at("2026-02-07")),
      told("deal/f3", "restored", at("2026-03-07")),
    ],
    of: "owner/o8",
    day: Q1,
    value: 1,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "of a team: who was in it then",
    story: [
      told("user/t1", "changed", at("2025-06-01"), { team: "North" }),
      told("user/t1", "changed", at("2026-04-01"), { team: "South" }),
      ...sold("g1", "2026-02-05", { owner: "t1" }),
      open("g2", "2026-03-06", { owner: "t1" }),
      ...sold("g3", "2026-05-05", { owner: "t1" }),
    ],
    of: "team/North",
    day: Q1,
    value: 0.5,
    sample: 2,
  },
  {
    metric: "close_rate",
    about: "… who came to it brought what was open",
    story: [],
    of: "team/South",
    day: Q2,
    value: 0.5,
    sample: 2,
  },
  {
    metric: "close_rate",
    about: "… and before the first team that is known, that one",
    story: [told("deal/g0", "won", at("2024-02-05"), { owner: "t1" })],
    of: "team/North",
    over: "year",
    day: "2024-06-01",
    value: 1,
  },
  {
    metric: "close_rate",
    about: "of a company that another one was merged into",
    story: [
      ...sold("h1", "2026-01-05", { owner: "o9", company: "c9a" }),
      open("h2", "2026-01-05", { owner: "o9", company: "c9b" }),
      told("company/c9a", "created", at("2025-01-05"), { name: "A" }),
      told("company/c9b", "created", at("2025-01-05"), { name: "B" }),
      told("company/c9a", "merged", at("2026-06-05"), { merged_into: "c9b" }),
    ],
    of: "company/c9b",
    day: Q1,
    value: 0.5,
    sample: 2,
  },
  // the day that has 23 hours, 2026-03-29 in Rome: 22:30 UTC on the 28th is still the 28th, 22:30 UTC on the 29th is the 30th
  {
    metric: "close_rate",
    about: "the day before the clocks change ends an hour before midnight UTC",
    story: [
      won("i1", "2026-03-28", { owner: "o10" }, "22:30"),
      won("i2", "2026-03-29", { owner: "o10" }, "21:30"),
      won("i3", "2026-03-29", { owner: "o10" }, "22:30"),
    ],
    of: "owner/o10",
    over: "day",
    day: "2026-03-28",
    options: { basis: "closed" },
    value: 1,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "… that day has 23 hours",
    story: [],
    of: "owner/o10",
    over: "day",
    day: "2026-03-29",
    options: { basis: "closed" },
    value: 1,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "… and the next one begins two hours before midnight UTC",
    story: [],
    of: "owner/o10",
    over: "day",
    day: "2026-03-30",
    options: { basis: "closed" },
    value: 1,
    sample: 1,
  },
  {
    metric: "close_rate",
    about: "what is closed at local midnight was last open on the day before",
    story: [open("j1", "2026-01-05", { owner: "o11" }), told("deal/j1", "lost", "2026-01-31T23:00:00Z")],
    of: "owner/o11",
    over: "month",
    day: "2026-02-10",
    value: null,
    sample: 0,
  },
  // customers
  {
    metric: "upsell_rate",
    about: "two customers, one of whom bought the same twice more, one something else",
    story: [
      ...sold("k1", "2026-01-05", { owner: "o12", company: "k-1", type: "seats", amount: 100, currency: "EUR" }),
      ...sold("k2", "2026-02-05", { owner: "o12", company: "k-1", type: "seats", amount: 200 }),
      ...sold("k3", "2026-03-05", { owner: "o12", company: "k-1", type: "seats", amount: 300 }),
      ...sold("k4", "2026-01-06", { owner: "o12", company: "k-2", type: "seats", amount: 1000 }),
      ...sold("k5", "2026-03-06", { owner: "o12", company: "k-2", type: "audit", amount: 50 }),
    ],
    of: "owner/o12",
    day: Q1,
    value: 0.5,
    sample: 2,
  },
  { metric: "cross_sell_rate", about: "the same story", story: [], of: "owner/o12", day: Q1, value: 0.5, sample: 2 },
  {
    metric: "cross_sell_rate",
    about: "none in January",
    story: [],
    of: "owner/o12",
    over: "month",
    day: "2026-01-20",
    value: 0,
    sample: 2,
  },
  {
    metric: "net_new_revenue",
    about: "first purchases only",
    story: [],
    of: "owner/o12",
    day: Q1,
    value: 1100,
    sample: 2,
  },
  {
    metric: "net_new_revenue",
    about: "the first of two companies that were merged is the only new one",
    story: [
      ...sold("l1", "2026-01-05", { owner: "o13", company: "l-1", amount: 100 }),
      ...sold("l2", "2026-02-05", { owner: "o13", company: "l-2", amount: 200 }),
      told("company/l-1", "merged", at("2026-03-05"), { merged_into: "l-2" }),
    ],
    of: "owner/o13",
    day: Q1,
    value: 100,
    sample: 1,
  },
  {
    metric: "net_new_revenue",
    about: "another currency at the rate of the day it was won, to the cent",
    story: [
      ...sold("m1", "2026-06-30", { owner: "o14", company: "m-1", amount: 100.01, currency: "USD" }),
      ...sold("m2", "2026-07-01", { owner: "o14", company: "m-2", amount: 100.01, currency: "USD" }),
      ...sold("m3", "2026-07-01", { owner: "o14", company: "m-3", amount: 100, currency: "JPY" }),
    ],
    of: "owner/o14",
    over: "year",
    day: Q1,
    value: 50.01 + 80.01,
    sample: 3,
  },
  {
    metric: "net_new_revenue",
    about: "a deal without a company: its first contact buys",
    story: [
      ...sold("m9", "2026-01-05", { owner: "o15", contacts: ["p-1"], amount: 10 }),
      ...sold("m8", "2026-02-05", { owner: "o15", contacts: ["p-1"], amount: 20 }),
    ],
    of: "owner/o15",
    day: Q1,
    value: 10,
    sample: 1,
  },
  {
    metric: "customer_lifetime_value",
    about: "3,600 in 90 days, of which 31 + 28 + 31 were active",
    story: [...sold("n1", "2026-01-01", { owner: "o16", company: "n-1", amount: 3600 })],
    of: "company/n-1",
    day: Q1,
    value: 3600 / (90 / (365.2425 / 12)),
    sample: 1,
  },
  {
    metric: "customer_lifetime_value",
    about: "… expected to stay for three years",
    story: [],
    of: "owner/o16",
    day: Q1,
    options: { lifetime: "36" },
    value: (36 * 3600) / (90 / (365.2425 / 12)),
    sample: 1,
  },
  {
    metric: "churn_rate",
    about: "two at the start, one of them lost; one that came and went is neither",
    story: [
      ...["p1", "p2"].flatMap((id) => sold(id, "2025-10-05", { owner: "o17", company: `c-${id}`, amount: 1 })),
      ...sold("p3", "2026-02-05", { owner: "o17", company: "c-p3", amount: 1 }),
      told("company/c-p1", "churned", at("2026-02-06")),
      told("company/c-p3", "churned", at("2026-02-07")),
    ],
    of: "owner/o17",
    day: Q1,
    value: 0.5,
    sample: 2,
  },
  { metric: "retention_rate", about: "the same story", story: [], of: "owner/o17", day: Q1, value: 0.5, sample: 2 },
  {
    metric: "retention_rate",
    about: "… all but one are left at the start of the next quarter",
    story: [],
    of: "owner/o17",
    day: Q2,
    value: 1,
    sample: 1,
  },
  {
    metric: "retention_cost",
    about: "90 EUR for one who was kept",
    story: [],
    of: "owner/o17",
    day: Q1,
    value: 90,
    sample: 1,
  },
  {
    metric: "customer_acquisition_cost",
    about: "31 days of 62 for one new customer in January",
    story: [...sold("q1", "2026-01-20", { owner: "o18", company: "q-1" })],
    of: "owner/o18",
    over: "month",
    day: "2026-01-05",
    value: 31,
    sample: 1,
  },
  {
    metric: "campaign_value",
    about: "500 won, 200 spent",
    story: [
      ...sold("r1", "2026-01-20", { owner: "o19", campaign: "spring", amount: 500 }),
      open("r2", "2026-01-21", { campaign: "spring", amount: 900 }),
    ],
    of: "campaign/spring",
    day: Q1,
    value: 300,
    sample: 1,
  },
  {
    metric: "campaign_value",
    about: "their ratio",
    story: [],
    of: "campaign/spring",
    day: Q1,
    options: { as: "ratio" },
    value: 2.5,
  },
  // durations
  {
    metric: "stage_days",
    about: "two stays of 2 and 5 days, counted when they ended",
    story: [
      open("s1", "2026-01-05", { owner: "o20", stage: "s-10", stage_label: "Proposal" }),
      told("deal/s1", "changed", at("2026-01-07"), { stage: "s-20", stage_label: "Contract" }),
      open("s2", "2026-01-05", { owner: "o20", stage: "s-10", stage_label: "Proposal" }),
      told("deal/s2", "lost", at("2026-01-10")),
      open("s3", "2026-01-05", { owner: "o20", stage: "s-10", stage_label: "Proposal" }),
    ],
    of: "owner/o20",
    day: Q1,
    value: 3.5,
    sample: 2,
  },
  {
    metric: "stage_days",
    about: "by the name of the stage",
    story: [],
    of: "owner/o20",
    day: Q1,
    options: { stage: "Proposal", stat: "median" },
    value: 3.5,
    sample: 2,
  },
  {
    metric: "stage_days",
    about: "by its id",
    story: [],
    of: "owner/o20",
    day: Q1,
    options: { stage: "s-10" },
    value: 3.5,
    sample: 2,
  },
  {
    metric: "stage_days",
    about: "nobody left that one yet",
    story: [],
    of: "owner/o20",
    day: Q1,
    options: { stage: "Contract" },
    value: null,
    sample: 0,
  },
  {
    metric: "cycle_days",
    about: "1, 2 and 9 days",
    story: [
      ["u1", 2],
      ["u2", 3],
      ["u3", 10],
    ].flatMap(([id, day]) => [
      open(String(id), "2026-01-01", { owner: "o21" }),
      won(String(id), `2026-01-${String(day).padStart(2, "0")}`),
    ]),
    of: "owner/o21",
    day: Q1,
    value: 4,
    sample: 3,
  },
  {
    metric: "cycle_days",
    about: "their median",
    story: [],
    of: "owner/o21",
    day: Q1,
    options: { stat: "median" },
    value: 2,
  },
  // leads
  {
    metric: "lead_velocity",
    about: "two qualified in December, three in January, one of them only by being converted",
    story: [
      ...["v1", "v2"].map((id) => told(`lead/${id}`, "qualified", at("2025-12-10"), { owner: "o22" })),
      ...["v3", "v4"].map((id) => told(`lead/${id}`, "qualified", at("2026-01-10"), { owner: "o22" })),
      told("lead/v3", "qualified", at("2026-01-12")),
      told("lead/v5", "converted", at("2026-01-10"), { owner: "o22" }),
    ],
    of: "owner/o22",
    over: "month",
    day: "2026-01-15",
    value: 0.5,
    sample: 3,
  },
  {
    metric: "speed_to_lead",
    about: "10 and 30 minutes",
    story: [
      told("lead/w1", "created", at("2026-01-10", "10:00"), { owner: "o23" }),
      told("lead/w1", "contacted", at("2026-01-10", "10:10")),
      told("lead/w1", "contacted", at("2026-01-10", "11:10")),
      told("lead/w2", "created", at("2026-01-10", "10:00"), { owner: "o23" }),
      told("lead/w2", "contacted", at("2026-01-10", "10:30")),
    ],
    of: "owner/o23",
    day: Q1,
    value: 20,
    sample: 2,
  },
  // contacts
  {
    metric: "subscriber_rate",
    about: "two at the start; two more, one leaves",
    story: [
      ...["x1", "x2"].map((id) => told(`contact/${id}`, "subscribed", at("2025-12-10"), { owner: "o24" })),
      ...["x3", "x4"].map((id) => told(`contact/${id}`, "subscribed", at("2026-01-10"), { owner: "o24" })),
      told("contact/x1", "unsubscribed", at("2026-01-20")),
    ],
    of: "owner/o24",
    day: Q1,
    value: 0.5,
    sample: 2,
  },
  {
    metric: "net_promoter_score",
    about: "two of 9 or 10, one of 0 to 6, of four",
    story: answered("y1", "nps", "o25", [10, 9, 7, 3, 11]),
    of: "owner/o25",
    day: Q1,
    value: 25,
    sample: 4,
  },
  {
    metric: "effort_score",
    about: "the mean",
    story: answered("y2", "ces", "o26", [7, 4, 4]),
    of: "owner/o26",
    day: Q1,
    value: 5,
    sample: 3,
  },
  {
    metric: "satisfaction_score",
    about: "4 and 5 are content",
    story: answered("y3", "csat", "o27", [5, 4, 3, 1]),
    of: "owner/o27",
    day: Q1,
    value: 0.5,
    sample: 4,
  },
  {
    metric: "first_contact_resolution",
    about: "one after one reply, one after two, one that was closed twice, one without",
    story: ["z1", "z2", "z3", "z4"].flatMap((id, index) => [
      told(`ticket/${id}`, "created", at("2026-01-10", "10:00"), { owner: "o28" }),
      ...(index < 3 ? [told(`ticket/${id}`, "replied", at("2026-01-10", "10:10"))] : []),
      ...(index === 1 ? [told(`ticket/${id}`, "replied", at("2026-01-10", "10:20"))] : []),
      told(`ticket/${id}`, "closed", at("2026-01-10", "10:30")),
      ...(index === 2 ? [told(`ticket/${id}`, "closed", at("2026-01-11", "10:30"))] : []),
    ]),
    of: "owner/o28",
    day: Q1,
    value: 0.25,
    sample: 4,
  },
  {
    metric: "record_completeness",
    about: "a lead with one of three fields, then with all; a company with two of three",
    story: [
      told("lead/aa", "created", at("2026-01-10"), { owner: "o29" }),
      told("lead/aa", "changed", at("2026-04-10"), { email: "a@example.com", source: "fair" }),
      told("company/ab", "created", at("2026-01-10"), { owner: "o29", name: "AB" }),
    ],
    of: "owner/o29",
    day: Q1,
    value: 3 / 6,
    sample: 2,
  },
  { metric: "record_completeness", about: "… and later", story: [], of: "owner/o29", day: Q2, value: 5 / 6, sample: 2 },
  {
    metric: "activity_rate",
    about: "three in a week, one of them logged by somebody else",
    story: [
      told("deal/ac", "created", at("2026-01-05"), { owner: "o30" }),
      ...[6, 7].map((day) => told("deal/ac", "activity.logged", at(`2026-01-0${day}`))),
      told("deal/ac", "activity.logged", at("2026-01-08"), {}, { owner: "o31" }),
    ],
    of: "owner/o30",
    over: "week",
    day: "2026-01-05",
    value: 2 / 7,
    sample: 2,
  },
  {
    metric: "activity_rate",
    about: "… who has it",
    story: [],
    of: "owner/o31",
    over: "day",
    day: "2026-01-08",
    value: 1,
    sample: 1,
  },
  {
    metric: "referrals",
    about: "two made, one of a lead that was converted later",
    story: [
      told("contact/ad", "created", at("2026-01-05"), { owner: "o32" }),
      told("contact/ad", "referral.made", at("2026-01-06"), {}, { lead: "ae" }),
      told("contact/ad", "referral.made", at("2026-01-07"), {}, { company: "af" }),
      told("lead/ae", "converted", at("2026-02-06")),
      ...sold("ag", "2026-04-06", { company: "af" }),
    ],
    of: "owner/o32",
    over: "month",
    day: "2026-01-20",
    value: 2,
  },
  {
    metric: "referrals",
    about: "converted: the lead",
    story: [],
    of: "owner/o32",
    over: "month",
    day: "2026-02-20",
    options: { stage: "converted" },
    value: 1,
  },
  {
    metric: "referrals",
    about: "converted: the company, by its first purchase",
    story: [],
    of: "owner/o32",
    day: Q2,
    options: { stage: "converted" },
    value: 1,
  },
];

const rates = "USD: [{ from: 2026-07-01, rate: 0.8 }, { from: 2026-01-01, rate: 0.5 }]";
let bench: Bench;
beforeAll(async () => {
  bench = await openBench(
    {
      config: `workspace: { timeZone: Europe/Rome, rates: { ${rates} } }\nconnections:\n  crm: { connector: webhook, secret: ${SECRET} }\n`,
      rules: { "none.yaml": "rules: []\n" },
    },
    clockAt("2026-11-23T12:00:00Z"),
  );
  await post(
    bench,
    cases.flatMap(({ story }) => story),
  );
  await bench.drain();
  const cost = (fields: object) =>
    CostInput.parse({ currency: "EUR", from: "2026-01-01", until: "2026-01-31", ...fields });
  await addCosts(bench.opened.corridor, [
    cost({ kind: "acquisition", amount: "62", until: "2026-03-03", owner: "crm/o18" }),
    cost({ kind: "retention", amount: "90", owner: "crm/o17" }),
    cost({ kind: "campaign", amount: "250", currency: "USD", campaign: "spring" }),
    cost({ kind: "acquisition", amount: "75", campaign: "spring" }),
  ]);
});
afterAll(() => bench.close());

test("every event was understood", async () => expect(await parkedEvents(bench)).toEqual([]));

describe.each(cases)("$metric: $about", ({ metric, of, over = "quarter", day, options, value, sample, change }) => {
  test(`${of}, ${over} of ${day}`, async () => {
    const seen = await look(bench, metric, of, over, day, options);
    if (value === null) expect(seen?.value ?? null).toBeNull();
    else expect(seen?.value).toBeCloseTo(value, 9);
    if (sample !== undefined) expect(seen?.sample ?? 0).toBe(sample);
    if (change !== undefined) expect(seen?.change).toBeCloseTo(change ?? Number.NaN, 9);
  });
});

test("the table has every metric", () =>
  expect([...new Set(cases.map(({ metric }) => metric))].sort()).toEqual(metrics.map(({ name }) => name).sort()));

test("and all of it is what a computation from the facts gives", async () =>
  expect(await recomputeMetrics(bench.opened.corridor, { repair: false })).toMatchObject({
    different: 0,
    differences: [],
  }));
