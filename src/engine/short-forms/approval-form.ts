import { parseMoney } from "../../money.ts";
import type { Approval } from "../rule-book.ts";
import { plainMoney } from "./plain-money.ts";
import { countOf, moneyPattern, quoted, type ShortForm } from "./short-form.ts";

/** How long somebody has to decide where the rule does not say. */
export const defaultApprovalDays = 14;
const examples = ["above 250 EUR by finance", "always by manager", "by finance within 7 days"];
const pattern = new RegExp(
  `^(?:always |above (${moneyPattern}) )?by ([a-z][a-z0-9_-]{0,59})(?: within (\\d{1,3}) days?)?$`,
);

/** Who must agree, above which amount, and within how many days. */
export const approvalForm: ShortForm<Omit<Approval, "text">> = {
  expected: `who must agree: ${quoted(examples)}`,
  examples,
  pattern,
  words: ["always", "above", "by", "within", "day", "days", "manager"],
  parse(text) {
    const [whole, aboveText, by = "", digits] = pattern.exec(text) ?? [];
    if (whole === undefined) return undefined;
    const above = aboveText === undefined ? null : parseMoney(aboveText);
    const withinDays = digits === undefined ? defaultApprovalDays : countOf(digits, 365);
    return above === undefined || withinDays === undefined ? undefined : { above, by, withinDays };
  },
  print({ above, by, withinDays }) {
    const within =
      withinDays === defaultApprovalDays ? "" : ` within ${withinDays} ${withinDays === 1 ? "day" : "days"}`;
    return `${above ? `above ${plainMoney(above)}` : "always"} by ${by}${within}`;
  },
};
