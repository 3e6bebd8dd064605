import { type CustomerTotal, customerTotals } from "../ledger/customer-totals.ts";
import { type Money, majorOf, moneyFromMajor, POINTS } from "../money.ts";
import { startOfDay } from "../windows.ts";
import type { Corridor, Workspace } from "./corridor.ts";

/** One customer in one year. */
export interface YearlyTotal {
  recipientId: string;
  name: string | null;
  email: string | null;
  /** In the workspace currency: what was issued, less what was taken back. */
  total: Money;
  /** Points, which are no money until they buy something. */
  points: number;
  /** Whether it reaches the threshold of the year; null where none is given. */
  reaches: boolean | null;
}

export interface YearlyTotals {
  /** In the workspace currency. */
  threshold: Money | null;
  totals: YearlyTotal[];
}

/** What each customer was given in a calendar year of the workspace's zone, largest first; or the currencies that have no rate. */
export const yearlyTotals = async (
  { database, workspace }: Pick<Corridor, "database" | "workspace">,
  year: number,
  threshold: Money | undefined,
): Promise<YearlyTotals | { noRateFor: string[] }> => {
  const [from, until] = [year, year + 1].map((each) => new Date(startOfDay(`${each}-01-01`, workspace.timeZone)));
  if (!from || !until) throw new Error("a year has two ends");
  const rows = await customerTotals(database, from, until);
  const amounts = [...rows, ...(threshold ? [threshold] : [])];
  const noRateFor = [...new Set(amounts.map(({ currency }) => currency))].filter(
    (currency) => currency !== POINTS && rateOf(workspace, currency) === undefined,
  );
  if (noRateFor.length > 0) return { noRateFor: noRateFor.sort() };
  const bar = threshold ? inWorkspaceCurrency(workspace, threshold) : null;
  const totals = [...Map.groupBy(rows, (row) => row.recipientId).values()].flatMap((ofOne) =>
    totalOf(ofOne, workspace, bar),
  );
  return { threshold: bar, totals: totals.sort((a, b) => b.total.minor - a.total.minor) };
};

const totalOf = (rows: readonly CustomerTotal[], workspace: Workspace, bar: Money | null): YearlyTotal[] => {
  const [first] = rows;
  if (!first) return [];
  const { recipientId, name, email } = first;
  const sum = (of: readonly CustomerTotal[]) => of.reduce((minor, row) => minor + row.minor, 0);
  const [points, money] = [rows.filter(isPoints), rows.filter((row) => !isPoints(row))];
  // each currency is rounded once, as a whole
  const total = {
    minor: money.reduce((minor, row) => minor + inWorkspaceCurrency(workspace, row).minor, 0),
    currency: workspace.currency,
  };
  return [{ recipientId, name, email, total, points: sum(points), reaches: bar && total.minor >= bar.minor }];
};

const isPoints = ({ currency }: { currency: string }) => currency === POINTS;

const rateOf = ({ currency, rates }: Workspace, of: string): number | undefined => (of === currency ? 1 : rates[of]);

const inWorkspaceCurrency = (workspace: Workspace, amount: Money): Money => {
  const { currency } = workspace;
  if (amount.currency === currency) return { minor: amount.minor, currency };
  const found = moneyFromMajor(majorOf(amount) * (rateOf(workspace, amount.currency) ?? Number.NaN), currency);
  if (!found) throw new Error(`no rate for ${amount.currency}`);
  return found;
};
