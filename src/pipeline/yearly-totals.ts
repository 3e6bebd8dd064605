import { type CustomerTotal, customerTotals } from "../ledger/customer-totals.ts";
import { type Money, POINTS } from "../money.ts";
import { startOfDay } from "../windows.ts";
import type { Corridor } from "./corridor.ts";
import { worthIn } from "./decide-cost.ts";

/** One customer in one year. */
export interface YearlyTotal {
  recipientId: string;
  name: string | null;
  email: string | null;
  /** In the workspace currency: what was issued, less what was taken back, each at the rate of its day. */
  total: Money;
  /** Points, which are no money until they buy something. */
  points: number;
  /** Whether it reaches the threshold of the year; null where none is given. */
  reaches: boolean | null;
}

export interface YearlyTotals {
  /** In the workspace currency, at the rate of the last day of the year. */
  threshold: Money | null;
  totals: YearlyTotal[];
}

/** What each customer was given in a calendar year of the workspace's zone, largest first; or the currencies that have no rate. */
export const yearlyTotals = async (
  { database, workspace }: Pick<Corridor, "database" | "workspace">,
  year: number,
  threshold: Money | undefined,
): Promise<YearlyTotals | { noRateFor: string[] }> => {
  const { currency, timeZone } = workspace;
  const begins = (local: string) => new Date(startOfDay(local, timeZone));
  const rows = await customerTotals(database, begins(`${year}-01-01`), begins(`${year + 1}-01-01`), timeZone);

  const noRateFor = new Set<string>();
  const worth = (amount: Money, day: string): Money => {
    const found = worthIn(workspace, amount, currency, startOfDay(day, timeZone));
    if (!found) noRateFor.add(amount.currency);
    return found ?? { minor: 0, currency };
  };
  const bar = threshold ? worth(threshold, `${year}-12-31`) : null;
  const totals = [...Map.groupBy(rows, (row) => row.recipientId).entries()].map(([recipientId, ofOne]): YearlyTotal => {
    const { name = null, email = null } = ofOne[0] ?? {};
    const [points, money] = [ofOne.filter(isPoints), ofOne.filter((row) => !isPoints(row))];
    const minor = sum(money.map((row) => worth(row, row.day).minor));
    return {
      recipientId,
      name,
      email,
      total: { minor, currency },
      points: sum(points.map((row) => row.minor)),
      reaches: bar && minor >= bar.minor,
    };
  });
  if (noRateFor.size > 0) return { noRateFor: [...noRateFor].sort() };
  return { threshold: bar, totals: totals.sort((a, b) => b.total.minor - a.total.minor) };
};

const isPoints = (row: CustomerTotal) => row.currency === POINTS;
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
