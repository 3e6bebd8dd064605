/** What some events cost: puts them into an inbox, and waits until they are decided. */
import type { Database } from "../../src/db/sql.ts";
import { eventsIn, type KeptDelivery, queueDeliveries } from "../ground/deliveries.ts";
import { drained } from "../ground/drained.ts";
import type { Ground } from "../ground/postgres.ts";
import { median } from "../ground/report.ts";
import type { RunningServer } from "../ground/server.ts";

export interface Cost {
  events: number;
  /** By the clock. */
  seconds: number;
  /** Processor time, in seconds. */
  node: number;
  postgres: number;
}

export const measure = async (
  ground: Ground,
  { database, servers }: { database: Database; servers: readonly RunningServer[] },
  deliveries: readonly KeptDelivery[],
): Promise<Cost> => {
  const processor = async () =>
    (await Promise.all(servers.map((server) => server.processor()))).reduce((sum, each) => sum + each, 0);
  const [node, postgres] = [await processor(), await ground.processor()];
  const started = performance.now();
  await queueDeliveries(database, deliveries);
  await drained(database, 300_000);
  return {
    events: eventsIn(deliveries),
    seconds: (performance.now() - started) / 1_000,
    node: (await processor()) - node,
    postgres: (await ground.processor()) - postgres,
  };
};

/** Processor milliseconds of one event: what else the machine does hardly changes them. */
export const costOf = ({ events, node, postgres }: Cost): number => (1_000 * (node + postgres)) / events;

export const costLine = (costs: readonly Cost[]): string => {
  const of = (each: (cost: Cost) => number) => median(costs.map(each));
  const ms = of(({ events, seconds }) => (1_000 * seconds) / events);
  return `${of(costOf).toFixed(2)} ms of processor time an event (${costs.map((cost) => costOf(cost).toFixed(2)).join(", ")}), ${ms.toFixed(2)} ms by the clock`;
};
