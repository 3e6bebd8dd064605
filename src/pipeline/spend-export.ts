/** The export of what was spent: the same figures and the same table for the command line and the API. */
import type { Cell } from "../csv.ts";
import { type SpendBreakdown, type SpendRow, spendBy } from "../ledger/spend.ts";
import { decimalText } from "../money.ts";
import { type Period, startOfDay } from "../windows.ts";
import type { Corridor } from "./corridor.ts";

export interface SpendAsked {
  by: SpendBreakdown;
  /** Local days of the workspace, half-open. Left out: without end. */
  from?: string | undefined;
  until?: string | undefined;
  every?: Period | undefined;
}

export const exportSpend = (
  { database, workspace: { timeZone } }: Pick<Corridor, "database" | "workspace">,
  { by, from, until, every }: SpendAsked,
): Promise<SpendRow[]> => {
  const begins = (day: string | undefined) => (day === undefined ? null : new Date(startOfDay(day, timeZone)));
  return spendBy(database, { by, from: begins(from), until: begins(until), every: every ?? null, timeZone });
};

/** As a spreadsheet has it: amounts in major units, and only the columns that the question has. */
export const spendTable = (
  { by, every }: Pick<SpendAsked, "by" | "every">,
  rows: readonly SpendRow[],
): { heads: string[]; rows: Cell[][] } => ({
  heads: [
    ...(by === "period" ? [] : [by]),
    ...(by === "recipient" ? ["name"] : []),
    ...(every || by === "period" ? ["from"] : []),
    "currency",
    "reserved",
    "issued",
    "taken_back",
    "spent",
    "grants",
  ],
  rows: rows.map(({ key, name, period, currency, reserved, issued, takenBack, spent, grants }) => [
    ...(by === "period" ? [] : [key]),
    ...(by === "recipient" ? [name] : []),
    ...(every || by === "period" ? [period] : []),
    currency,
    ...[reserved, issued, takenBack, spent].map((minor) => decimalText({ minor, currency })),
    grants,
  ]),
});
