/** How many webhooks a second are committed and answered, beside the floor: see docs/benchmarks.md. */
import { startFloor } from "../floor/start.ts";
import { aimSentence } from "../ground/aim.ts";
import { type LoadSeen, load, taken } from "../ground/load.ts";
import { openGround } from "../ground/postgres.ts";
import { digits, type Form, keep, machineLine, median, percentile } from "../ground/report.ts";
import { connections, packRequests } from "../ground/requests.ts";
import { startServer, writeFiles } from "../ground/server.ts";

const shapes = [
  { name: "HubSpot, 1 event", crm: "hub", size: 1 },
  { name: "HubSpot, 100 events", crm: "hub", size: 100 },
  { name: "Salesforce, 1 notification", crm: "sales", size: 1 },
  { name: "Salesforce, 100 notifications", crm: "sales", size: 100 },
] as const;

const CONNECTIONS = 64;

export interface AcceptFigures {
  shape: string;
  /** Requests a second: medians. */
  ours: number;
  floor: number;
  ratio: number;
  /** Milliseconds, at half our rate. */
  p99: number;
  /** Requests that were answered 2xx, and rows that were found afterwards: they are equal, or the bench has failed. */
  answered: number;
  stored: number;
}

export const accept = async (form: Form, say: (line: string) => void = console.log): Promise<AcceptFigures[]> => {
  const {
    rounds,
    ms,
    connections: lanes,
  } = form === "whole" ? { rounds: 3, ms: 5_000, connections: CONNECTIONS } : { rounds: 1, ms: 400, connections: 8 };
  const ground = await openGround();
  const stopping: (() => Promise<void>)[] = [];
  try {
    say(machineLine(ground.version));
    const { url: floorUrl, database: floorRows } = await ground.database("floor");
    const { url: oursUrl, database: oursRows } = await ground.database("ours");
    const folder = await writeFiles(ground.folder, {
      config: `connections:\n${connections}providers:\n  points: { provider: points }\n`,
      rules: "rules: []\n",
    });
    const floor = await startFloor(floorUrl);
    stopping.push(floor.stop);
    const ours = await startServer(folder, { DATABASE_URL: oursUrl, ACCOLADE_ROLES: "ingress" });
    stopping.push(ours.stop);
    const results: AcceptFigures[] = [];
    for (const { name, crm, size } of shapes) {
      const requestsFor = (url: string) =>
        packRequests(crm, { url, size, count: size === 1 ? 200 : 20, at: Date.now(), run: `${name}${url}` });
      const before = await countOf(oursRows, "inbox");
      const floorBefore = await countOf(floorRows, "floor");
      const rates = { ours: [] as number[], floor: [] as number[] };
      let answered = 0;
      let floorAnswered = 0;
      const run = async (url: string, rate?: number): Promise<LoadSeen> => {
        const seen = await load({ url, requests: requestsFor(url), connections: lanes, ms, ...(rate ? { rate } : {}) });
        const others = Object.keys(seen.statuses).filter((status) => !status.startsWith("2"));
        if (others.length > 0) throw new Error(`${name}: ${url} answered ${JSON.stringify(seen.statuses)}`);
        return seen;
      };
      for (let round = 0; round < rounds; round++) {
        const bottom = await run(floor.url);
        floorAnswered += taken(bottom);
        rates.floor.push((taken(bottom) * 1_000) / bottom.ms);
        const mine = await run(ours.url);
        answered += taken(mine);
        rates.ours.push((taken(mine) * 1_000) / mine.ms);
      }
      const half = await run(ours.url, median(rates.ours) / 2);
      answered += taken(half);
      const stored = (await countOf(oursRows, "inbox")) - before;
      if (stored !== answered) throw new Error(`${name}: ${answered} were answered, ${stored} are stored`);
      const floorStored = (await countOf(floorRows, "floor")) - floorBefore;
      if (floorStored !== floorAnswered)
        throw new Error(`${name}: the floor answered ${floorAnswered}, stored ${floorStored}`);
      const figures = {
        shape: name,
        ours: median(rates.ours),
        floor: median(rates.floor),
        ratio: median(rates.ours) / median(rates.floor),
        p99: percentile(half.latencies, 0.99),
        answered,
        stored,
      };
      results.push(figures);
      say(
        form === "whole"
          ? `${name}: ${digits(figures.ours)} requests/s, ${figures.ratio.toFixed(2)} of the floor's ${digits(figures.floor)}; p99 ${digits(figures.p99)} ms at half that rate; ${digits(stored)} answered and stored`
          : `${name}: ${stored} answered and stored`,
      );
    }
    if (form === "whole")
      for (const { shape, ratio, p99 } of results) {
        say(aimSentence({ what: `accept, ${shape}, part of the floor`, found: ratio, atLeast: 0.6 }));
        say(
          aimSentence({
            what: `accept, ${shape}, p99 at half its rate`,
            found: p99,
            atMost: 250,
            unit: " ms",
            digits: 0,
          }),
        );
      }
    if (form === "whole") say(`kept in ${keep("accept", results)}`);
    return results;
  } finally {
    for (const stop of stopping.toReversed()) await stop();
    await ground.close();
  }
};

const countOf = async (database: { row: <T extends object>(text: string) => Promise<T | undefined> }, table: string) =>
  (await database.row<{ n: number }>(`select count(*)::int as n from ${table}`))?.n ?? 0;
