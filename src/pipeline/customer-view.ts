/** Customers as rules see them: what a company had bought by the moment of a milestone. */
import type { Sql } from "../db/sql.ts";
import { majorOf } from "../money.ts";
import { keyText, type RecordKey } from "../records/fact-rows.ts";
import { endOfSave, type RecordHistory } from "../records/timeline.ts";
import type { CustomerView } from "../situation.ts";
import { customerKey, purchasesBy } from "./customers.ts";
import { createMetricContext, type MetricSettings } from "./metrics-context.ts";

export interface Customers {
  /** What this company (or the one that it lives on as) had bought by the end of the save at that moment. */
  of(connection: string, companyId: string, at: string): CustomerView;
}

const DAY_MS = 86_400_000;

/** The customers that these records name. */
export const customersAround = async (
  tx: Sql,
  histories: Iterable<RecordHistory>,
  settings: MetricSettings,
): Promise<Customers> => {
  const context = createMetricContext(tx, settings);
  const companies = new Map<string, RecordKey>();
  const all = [...histories];
  await context.learn(all);
  for (const { connection, kind, id, fields } of all)
    for (const named of [kind === "company" ? id : null, ...(fields.get("company") ?? []).map(({ value }) => value)])
      if (typeof named === "string" && named !== "") {
        const key = { connection, kind: "company" as const, id: context.survivor(connection, "company", named) };
        companies.set(keyText(key), key);
      }
  const bought = Map.groupBy(await purchasesBy(tx, [...companies.values()]), (row) => keyText(customerKey(row)));
  return {
    of(connection, companyId, at) {
      const id = context.survivor(connection, "company", companyId);
      const until = endOfSave(at);
      const rows = (bought.get(keyText({ connection, kind: "company", id })) ?? []).filter((row) => row.at <= until);
      const since = rows[0]?.at ?? null;
      const minor = rows.reduce((sum, row) => sum + (row.amountMinor ?? 0), 0);
      return {
        id: companyId,
        tier: null,
        revenue: majorOf({ minor, currency: settings.currency }),
        deals: rows.length,
        since,
        days: since === null ? null : Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / DAY_MS)),
      };
    },
  };
};
