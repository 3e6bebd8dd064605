import { csvLine } from "../csv.ts";
import { exponentOf } from "../money.ts";
import type { Change, Side } from "../pipeline/backtest-changes.ts";

const columns = [
  "change",
  "rule",
  "milestone",
  "connection",
  "subject",
  "at",
  "event",
  "recipient_key",
  "recipient",
  "outcome_before",
  "value_before",
  "currency_before",
  "outcome",
  "value",
  "currency",
] as const;

const sideCells = (side: Side | null) =>
  side
    ? [
        side.outcome,
        (side.value.minor / 10 ** (exponentOf(side.value.currency) ?? 2)).toFixed(exponentOf(side.value.currency) ?? 2),
        side.value.currency,
      ]
    : ["", "", ""];

/** The file that a backtest keeps: one line for each grant, under the rules in force and under those that were tried. */
export const backtestCsv = {
  header: csvLine(columns),
  line: (change: Change): string =>
    csvLine([
      change.change,
      change.rule,
      change.milestone,
      change.connection,
      change.subject,
      change.at,
      change.event ?? "",
      change.recipientKey,
      change.recipient,
      ...sideCells(change.before),
      ...sideCells(change.after),
    ]),
};
