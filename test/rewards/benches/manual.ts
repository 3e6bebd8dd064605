import type { Database } from "../../../src/db/sql.ts";
import { closeTask, type OrderRequest } from "../../../src/rewards/index.ts";
import { insertGrantRow } from "../../support/grant-row.ts";
import { now, opened, type ProviderBench, recipient, surroundings } from "./bench.ts";

/** Rewards that a person hands over: nothing of them is outside of our own tables. */
export const manualBench = async (sql: Database): Promise<ProviderBench> => {
  const open = () => opened("manual", {}, surroundings(sql, "manual", []));
  const request = async (): Promise<OrderRequest> => ({
    key: await insertGrantRow(sql, { provider: "manual", currency: "EUR" }),
    value: { minor: 8_000, currency: "EUR" },
    options: { instructions: "The rucksacks are in the cupboard beside the reception" },
    title: "A rucksack",
    recipient,
  });
  /** An order whose task somebody has closed. */
  const closed = (closing: Parameters<typeof closeTask>[2]) => async () => {
    const arranged = { provider: open(), request: await request(), mend: async () => open() };
    const placed = await arranged.provider.order(arranged.request);
    if (placed.outcome !== "accepted") throw new Error(placed.detail);
    await closeTask(sql, placed.reference, closing, "desk@example.com", now);
    return arranged;
  };
  const cannot = closed({ state: "cannot", reason: "None are left" });
  return {
    open,
    request,
    held: async (key) =>
      (
        await sql.row<{ held: number }>(
          "select count(*) as held from reward_tasks where order_key = $1 and state in ('open', 'done')",
          [key],
        )
      )?.held ?? 0,
    remembers: true,
    refusals: [
      { name: "somebody found that it cannot be handed over", kind: "permanent", code: "task_cannot", arrange: cannot },
    ],
    waits: [],
    doubts: [],
    takenBack: { unseen: "cancelled", seen: "cancelled" },
    cancels: [
      {
        name: "somebody has handed it over",
        outcome: "used",
        endsAs: "used",
        arrange: closed({ state: "done", note: "At the reception", trackingUrl: null }),
      },
      {
        name: "somebody found that it cannot be handed over",
        outcome: "cancelled",
        endsAs: "cancelled",
        arrange: cannot,
      },
    ],
    secrets: () => [],
    warnings: [],
    close: async () => {},
  };
};
