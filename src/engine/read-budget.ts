import type { Spot } from "../yaml/yaml-source.ts";
import type { Known } from "./known.ts";
import { readFields } from "./read-fields.ts";
import { allOf, itemsOf } from "./read-items.ts";
import { readMoney } from "./read-money.ts";
import { readWindow } from "./read-window.ts";
import type { Budget } from "./rule-book.ts";
import { budgetShape } from "./shapes.ts";
import { alertForm } from "./short-forms/alert-form.ts";
import { readForm } from "./short-forms/read-form.ts";

const defaultAlerts = [80];

/** Reads one budget; null where something is wrong with it. */
export const readBudget = (spot: Spot, known: Known): Budget | null => {
  const fields = readFields(spot, budgetShape, "a budget: a map that begins with `id:`");
  if (!fields) return null;
  const { id, when_empty: whenEmpty = "wait" } = fields;
  const amount = fields.amount === undefined ? undefined : readMoney(spot.child("amount"), fields.amount);
  const window = readWindow(spot, fields.from, fields.until, known.timeZone);
  const alerts = fields.alert === undefined ? defaultAlerts : readAlerts(spot.child("alert"));
  if (!id || !amount || !window || !alerts) return null;
  return { id, amount, ...window, alerts, whenEmpty, file: spot.file, line: spot.line };
};

const readAlerts = (spot: Spot): number[] | undefined => {
  const alerts = allOf(itemsOf(spot).map((item) => readForm(item, alertForm)));
  return alerts && [...new Set(alerts)].sort((a, b) => a - b);
};
