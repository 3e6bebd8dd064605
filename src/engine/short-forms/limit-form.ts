import { parseMoney } from "../../money.ts";
import { periods } from "../../windows.ts";
import type { Limit } from "../rule-book.ts";
import { plainMoney } from "./plain-money.ts";
import { countOf, moneyPattern, periodPattern, quoted, type ShortForm } from "./short-form.ts";

const holders = ["recipient", "owner", "team", "company"] as const;
const examples = [
  "3 per owner per month",
  "5000 EUR per quarter",
  "10 in total",
  "500 EUR per recipient per year",
  "2 per team per week",
];
const pattern = new RegExp(
  `^(?:(\\d{1,9})|(${moneyPattern}))(?: per (${holders.join("|")}))?(?: per (${periodPattern})| (in total))?$`,
);

/** The most that a rule gives: a count of rewards or an amount, of all or of each holder, in a period or in total. */
export const limitForm: ShortForm<Omit<Limit, "text">> = {
  expected: `the most that the rule gives: ${quoted(examples)}`,
  examples,
  pattern,
  words: ["per", "in", "total", ...holders, ...periods],
  parse(text) {
    const [whole, digits, amountText, per, each, total] = pattern.exec(text) ?? [];
    // `10` alone could mean anything
    if (whole === undefined || (per === undefined && each === undefined && total === undefined)) return undefined;
    const count = digits === undefined ? null : countOf(digits, 999_999_999);
    const amount = amountText === undefined ? null : parseMoney(amountText);
    if (count === undefined || amount === undefined || amount?.minor === 0) return undefined;
    const holder = holders.find((one) => one === per) ?? "rule";
    return { count, amount, per: holder, period: periods.find((one) => one === each) ?? null };
  },
  print({ count, amount, per, period }) {
    const most = amount ? plainMoney(amount) : String(count);
    return `${most}${per === "rule" ? "" : ` per ${per}`}${period ? ` per ${period}` : " in total"}`;
  },
};
