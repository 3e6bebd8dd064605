/** Customers as sums: those at some time in the window, and those at its start with what became of them. */
import type { Read, Sums } from "./metric.ts";

export const presentReads: Readonly<Record<string, Read>> = {
  started: { series: "customer.start", over: "end" },
  ended: { series: "customer.end", over: "start" },
  gaps: { series: "customer.gap", over: "pairs" },
};
export const presentCustomers = (sums: Sums): number => sums.of("started") - sums.of("ended") - sums.of("gaps");

export const keptReads: Readonly<Record<string, Read>> = {
  began: { series: "customer.start", over: "start" },
  over: { series: "customer.end", over: "start" },
  lost: { series: "customer_lost", over: "window" },
  brief: { series: "customer_brief", over: "pairs" },
};
export const atStart = (sums: Sums): number => sums.of("began") - sums.of("over");
/** Of those at the start; who came and went within the window is none of them. */
export const lostOf = (sums: Sums): number => sums.of("lost") - sums.of("brief");
