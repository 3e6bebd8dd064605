/** What money is worth in another currency, by the workspace's exchange rates of the day. Points are worth no money. */
import { type Money, majorOf, moneyFromMajor, POINTS } from "../money.ts";
import { rateOn } from "../rates.ts";
import { localDay } from "../windows.ts";
import type { Workspace } from "./corridor.ts";

/** Whether both are points, or both are money. Points beside money are counted in nothing that is money, and the other way round. */
export const sameSort = (a: string, b: string): boolean => (a === POINTS) === (b === POINTS);

/** At the moment `at`; null where no rate leads from one currency to the other. */
export const worthIn = (workspace: Workspace, money: Money, currency: string, at: string): Money | null => {
  if (money.currency === currency) return money;
  if (money.currency === POINTS || currency === POINTS) return null;
  const day = localDay(at, workspace.timeZone);
  const [from, to] = [rateOn(workspace, money.currency, day), rateOn(workspace, currency, day)];
  if (from === undefined || to === undefined) return null;
  return moneyFromMajor((majorOf(money) * from) / to, currency) ?? null;
};
