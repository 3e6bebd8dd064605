/** A backtest for a terminal: what each rule gives, to whom, at what cost, and what is different from the rules in force. */
import { formatMoney, type Money } from "../money.ts";
import type { BacktestReport } from "../pipeline/backtest.ts";
import type { Change, Changes, Side } from "../pipeline/backtest-changes.ts";
import { type Outcome, outcomes } from "../pipeline/backtest-outcomes.ts";
import type { Counts } from "../pipeline/backtest-totals.ts";
import { localDay } from "../windows.ts";
import { counted } from "./counted.ts";
import { table } from "./table.ts";

interface Reader {
  timeZone: string;
  /** Where every grant was written, if anywhere. */
  csv: string | undefined;
}

const headings: Record<Outcome, string> = {
  given: "given",
  held: "held",
  waiting: "waiting for money",
  awaiting_approval: "to approve",
  undone: "given, then undone",
  cancelled: "cancelled",
  shadow: "in shadow",
  stopped_once: "stopped: once",
  stopped_limit: "stopped: limit",
  stopped_budget: "stopped: budget",
};
const MOST_RECIPIENTS = 10;

export const backtestText = (report: BacktestReport, reader: Reader): string => {
  const days = `${localDay(report.from, reader.timeZone)} until ${localDay(report.until, reader.timeZone)}`;
  const used = outcomes.filter((outcome) => outcome === "given" || report.total.counts[outcome]);
  const cells = (counts: Counts, cost: readonly Money[]) => [
    ...used.map((outcome) => String(counts[outcome] ?? 0)),
    amounts(cost),
  ];
  const lines = [
    `${counted(report.events, "event")} (${report.source === "all" ? "recorded and imported" : report.source}); milestones from ${days}. Nothing was granted.`,
    "",
    table([
      ["rule", "matches", ...used.map((outcome) => headings[outcome]), "cost"],
      ...report.rules.map(({ rule, matches, counts, cost }) => [rule, String(matches), ...cells(counts, cost)]),
      [
        "all",
        String(report.rules.reduce((sum, { matches }) => sum + matches, 0)),
        ...cells(report.total.counts, report.total.cost),
      ],
    ]),
  ];
  if (report.recipients.length > 0)
    lines.push(
      "",
      `${counted(report.rewarded, "person", "people")} would get something${report.rewarded > MOST_RECIPIENTS ? `; those who get the most` : ""}:`,
      table([
        ["recipient", "grants", "cost"],
        ...report.recipients
          .slice(0, MOST_RECIPIENTS)
          .map(({ recipient, grants, cost }) => [recipient, String(grants), amounts(cost)]),
      ]),
    );
  lines.push(...comparedLines(report.compared, reader));
  if (report.events === 0)
    lines.push("", "There is no history in this time: choose other days, or import some with accolade import history.");
  if (reader.csv) lines.push("", `Every grant is in ${reader.csv}.`);
  return lines.join("\n");
};

const comparedLines = (compared: BacktestReport["compared"], reader: Reader): string[] => {
  if (compared === null) return [];
  if (compared === "same") return ["", "These are the rules in force: there is nothing to compare."];
  if (compared === "none") return ["", "No rules are in force yet: there is nothing to compare with."];
  if (compared.changed === 0) return ["", "Compared with the rules in force: everybody gets the same."];
  return [
    "",
    `Compared with the rules in force: ${compared.cost.length === 0 ? "the same cost" : signed(compared.cost)}; ${counted(compared.gaining, "person gains", "people gain")}, ${counted(compared.losing, "person loses", "people lose")}.`,
    table([
      ["recipient", "grants", "difference"],
      ...compared.people
        .slice(0, MOST_RECIPIENTS)
        .map(({ recipient, grants, cost }) => [recipient, grants > 0 ? `+${grants}` : String(grants), signed([cost])]),
    ]),
    ...(compared.people.length > MOST_RECIPIENTS ? ["  …"] : []),
    "",
    `${counted(compared.changed, "grant")} changed sides${compared.changed > compared.first.length ? `; the first ${compared.first.length}` : ""}:`,
    table([
      ["day", "what happened", "rule", "recipient", "in force", "tried", "event"],
      ...changeRows(compared, reader),
    ]),
  ];
};

const changeRows = ({ first }: Changes, { timeZone }: Reader) =>
  first.map(({ at, milestone, subject, rule, recipient, before, after, event }: Change) => [
    localDay(at, timeZone),
    `${milestone} ${subject}`,
    rule,
    recipient,
    sideText(before),
    sideText(after),
    event === null ? "" : String(event),
  ]);

const sideText = (side: Side | null) =>
  side === null
    ? "nothing"
    : `${formatMoney(side.value)}${side.outcome === "given" ? "" : ` (${headings[side.outcome]})`}`;

const amounts = (all: readonly Money[]) => all.map((money) => formatMoney(money)).join(" + ");
const signed = (all: readonly Money[]) =>
  all.map((money) => `${money.minor > 0 ? "+" : ""}${formatMoney(money)}`).join(", ");
