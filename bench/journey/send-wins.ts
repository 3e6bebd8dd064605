/** Wins, sent to a server and followed until the vendor has an order for each. */
import { setTimeout } from "node:timers/promises";
import type { Database } from "../../src/db/sql.ts";
import { dealId, winRequests } from "../ground/deal-lives.ts";
import { load, taken } from "../ground/load.ts";
import type { RunningServer } from "../ground/server.ts";
import type { Vendor } from "../ground/vendor.ts";

export interface Sent {
  wins: number;
  /** From the first request to the last order. */
  seconds: number;
  /** Milliseconds from when each request was due until its order arrived at the vendor. */
  journeys: number[];
}

export interface Wins {
  /** Number of the first deal: no two rounds share one. */
  first: number;
  wins: number;
  connections: number;
  /** Requests a second; without it as fast as they are answered. */
  rate?: number;
}

/** Throws where an order is missing or comes twice. */
export const sendWins = async (
  { server, vendor, database }: { server: RunningServer; vendor: Vendor; database: Database },
  { first, wins, connections, rate }: Wins,
): Promise<Sent> => {
  const requests = winRequests(server.url, first, wins, Date.now() - 60_000);
  const paced = rate === undefined ? {} : { rate };
  const sending = load({ url: server.url, requests, connections, ms: 120_000, once: true, ...paced });
  const arrived = new Map<string, number>();
  const until = performance.now() + 180_000;
  while (arrived.size < wins) {
    if (performance.now() > until) throw new Error(`${arrived.size} of ${wins} orders arrived within three minutes`);
    await setTimeout(50);
    const news = await vendor.orders();
    if (news.repeated > 0) throw new Error(`${news.repeated} orders were sent twice`);
    for (const [key, at] of news.arrived) arrived.set(key, at);
  }
  const seen = await sending;
  if (taken(seen) !== wins) throw new Error(`${wins} wins were sent, answered: ${JSON.stringify(seen.statuses)}`);
  const deals = await dealsOf(database, [...arrived.keys()]);
  const journeys = Array.from({ length: wins }, (_, index) => {
    const key = deals.get(dealId(first + index));
    const [due, at] = [seen.dueAt[index], key === undefined ? undefined : arrived.get(key)];
    if (due === undefined || at === undefined) throw new Error(`deal ${first + index} has no order`);
    return at - due;
  });
  const seconds = (Math.max(...arrived.values()) - Math.min(...seen.dueAt)) / 1_000;
  return { wins, seconds, journeys };
};

/** The key of the order for each of these deals, by deal. */
const dealsOf = async (database: Database, keys: readonly string[]) => {
  const rows = await database.rows<{ key: string; deal: string }>(
    `select g.id as key, m.subject_id as deal from grants g join milestones m on m.id = g.milestone_id where g.id = any ($1::uuid[])`,
    [keys],
  );
  return new Map(rows.map(({ key, deal }) => [deal, key]));
};

/** Resolves when each of these grants is issued and told. Throws where that takes longer than `withinMs`. */
export const allTold = async (database: Database, grants: number, withinMs = 120_000): Promise<void> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const found = await database.row<{ issued: number; sent: number; outbox: number; grants: number }>(
      `select count(*)::int as grants, count(*) filter (where state = 'issued')::int as issued,
         (select count(*) from messages where state = 'sent')::int as sent, (select count(*) from outbox)::int as outbox
       from grants`,
    );
    if (found && [found.grants, found.issued, found.sent, found.outbox].every((count) => count === grants)) return;
    if (performance.now() > until) throw new Error(`expected ${grants} of each, found ${JSON.stringify(found)}`);
    await setTimeout(100);
  }
};
