/**
 * Far more than can be decided, for a while: the server goes on answering 2xx within a second, puts off what is too much
 * (503 with Retry-After), keeps its memory, and works the backlog off. Nothing that it took is lost.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { load, taken } from "../../bench/ground/load.ts";
import { openGround } from "../../bench/ground/postgres.ts";
import { percentile } from "../../bench/ground/report.ts";
import { connections, packRequests } from "../../bench/ground/requests.ts";
import { startServer, writeFiles } from "../../bench/ground/server.ts";
import type { Database } from "../../src/db/sql.ts";

export interface OverloadAsked {
  /** For how long events come in as fast as they are taken, to see how fast they are decided; and for how long ten times as many do. */
  burstMs: number;
  loadMs: number;
  mostWaiting: number;
}

export interface Overloaded {
  /** Events decided in a second, unhurried. */
  rate: number;
  answered: Readonly<Record<number, number>>;
  highestBacklog: number;
  /** Resident memory of the server, in MB. */
  memory: { before: number; highest: number };
  problems: string[];
}

const SIZE = 20;
const ANSWERED_WITHIN_MS = 1_000;
const MOST_MEMORY_MB = 500;
const WORKED_OFF_WITHIN_MS = 600_000;
const MB = 2 ** 20;

const rules = `
rewards:
  - { id: points, title: Points, provider: points, value: 10 points }
rules:
  - { id: points, title: Points, on: deal.won, reward: { to: owner, give: points }, notify: [email] }
`;

export const overload = async (
  { burstMs, loadMs, mostWaiting }: OverloadAsked,
  print: (line: string) => void,
): Promise<Overloaded> => {
  const ground = await openGround();
  try {
    const { url: databaseUrl, database } = await ground.database("overload");
    const folder = await writeFiles(ground.folder, {
      config: `workspace: { quietHours: off }\nserver: { mostWaiting: ${mostWaiting} }\nconnections:\n${connections}providers:\n  points: { provider: points }\nchannels:\n  email: { sender: outbox }\n`,
      rules,
    });
    const server = await startServer(folder, { DATABASE_URL: databaseUrl });
    try {
      const pack = (count: number, run: string) =>
        packRequests("hub", {
          url: server.url,
          size: SIZE,
          count,
          at: Date.now(),
          run: `overload ${run} ${Date.now()}`,
        });
      const asked = { url: server.url, connections: 64 };

      const began = performance.now();
      const burst = await load({ ...asked, requests: pack(1_000, "burst"), ms: burstMs });
      await untilDecided(database);
      const rate = Math.round((await decidedSoFar(database)) / ((performance.now() - began) / 1_000));
      const tenfold = 10 * rate;
      print(
        `decides ${rate} events a second; now ${tenfold} a second are sent for ${loadMs / 1_000} s, ${SIZE} in a request`,
      );
      const before = (await server.memory()).now / MB;

      let highestBacklog = 0;
      let watching = true;
      const watch = (async () => {
        for (; watching; await sleep(500)) highestBacklog = Math.max(highestBacklog, await waiting(database));
      })();
      const seen = await load({ ...asked, requests: pack(12_000, "load"), ms: loadMs, rate: tenfold / SIZE });
      watching = false;
      await watch;
      const over = performance.now();
      await untilDecided(database);
      const workedOffMs = performance.now() - over;
      const { highest } = await server.memory();
      const slow = percentile(seen.latencies, 0.99);
      print(
        `answered ${JSON.stringify(seen.statuses)}, p99 ${Math.round(slow)} ms; highest backlog ${highestBacklog}; worked off in ${(workedOffMs / 1_000).toFixed(1)} s; memory ${Math.round(before)} MB before, ${Math.round(highest / MB)} MB at its highest`,
      );
      const accepted = taken(burst) + taken(seen);
      const kept = (await database.row<{ n: number }>("select count(*) as n from inbox where state = 'done'"))?.n ?? 0;
      const problems: string[] = [];
      if (!seen.statuses[503]) problems.push("nothing was put off: it was no overload");
      if (seen.statuses[0]) problems.push(`${seen.statuses[0]} requests were not answered`);
      if (slow > ANSWERED_WITHIN_MS) problems.push(`p99 is ${Math.round(slow)} ms, expected ${ANSWERED_WITHIN_MS}`);
      if (highest / MB > MOST_MEMORY_MB)
        problems.push(`memory reached ${Math.round(highest / MB)} MB, expected ${MOST_MEMORY_MB}`);
      if (kept !== accepted) problems.push(`${accepted} deliveries were taken, and ${kept} worked off`);
      return {
        rate,
        answered: seen.statuses,
        highestBacklog,
        memory: { before: Math.round(before), highest: Math.round(highest / MB) },
        problems,
      };
    } finally {
      await server.stop();
    }
  } finally {
    await ground.close();
  }
};

/** Whatever waits to be decided now. */
const waiting = async (database: Database): Promise<number> =>
  (
    await database.row<{ n: number }>(
      "select (select count(*) from inbox where state = 'received') + (select count(*) from events where state = 'ready') as n",
    )
  )?.n ?? 0;

const decidedSoFar = async (database: Database): Promise<number> =>
  (await database.row<{ n: number }>("select count(*) as n from events where state = 'decided'"))?.n ?? 0;

const untilDecided = async (database: Database) => {
  for (const until = performance.now() + WORKED_OFF_WITHIN_MS; (await waiting(database)) > 0; await sleep(100))
    if (performance.now() > until) throw new Error("the backlog was not worked off within ten minutes");
};
