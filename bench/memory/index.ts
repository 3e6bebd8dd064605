/** How much memory the server takes, idle and at its highest, with a short and with a long backlog: see docs/benchmarks.md. */
import { setTimeout } from "node:timers/promises";
import { drainOnce } from "../drain/drain-once.ts";
import { expectedOf } from "../drain/proof.ts";
import { aimSentence } from "../ground/aim.ts";
import { EVENTS_OF_A_DEAL, lifeRequests } from "../ground/deal-lives.ts";
import { type KeptDelivery, startTaker } from "../ground/deliveries.ts";
import { load, taken } from "../ground/load.ts";
import { type Ground, openGround } from "../ground/postgres.ts";
import { digits, type Form, keep, machineLine, median } from "../ground/report.ts";
import { packRequests } from "../ground/requests.ts";
import { startServer, writeFiles } from "../ground/server.ts";
import { startVendor } from "../ground/vendor.ts";
import { workspaceFiles } from "../ground/workspace.ts";

export interface MemoryFigures {
  /** Resident megabytes of the server's process: of each run. */
  idle: number[];
  accept: number[];
  drain: { events: number; highest: number[] }[];
}

/** As one process without `ACCOLADE_ROLES`. */
const EVERYTHING = "ingress,decide,deliver,console";

const sizes = {
  whole: { rounds: 3, settleMs: 5_000, loadMs: 5_000, backlogs: [10_000, 100_000], connections: 64 },
  short: { rounds: 1, settleMs: 0, loadMs: 300, backlogs: [1_000], connections: 8 },
};

export const memory = async (form: Form, say: (line: string) => void = console.log): Promise<MemoryFigures> => {
  const { rounds, backlogs } = sizes[form];
  const ground = await openGround();
  const vendor = await startVendor();
  const taker = await startTaker(ground);
  try {
    say(machineLine(ground.version));
    const files = workspaceFiles({ vendorUrl: vendor.url });
    const figures: MemoryFigures = { idle: [], accept: [], drain: [] };
    const deliveries = new Map<number, KeptDelivery[]>();
    for (const events of backlogs) {
      const lives = { first: 0, deals: events / EVENTS_OF_A_DEAL, until: Date.now() };
      deliveries.set(events, await taker.take((url) => lifeRequests({ url, ...lives })));
      figures.drain.push({ events, highest: [] });
    }
    await taker.stop();
    for (let round = 0; round < rounds; round++) {
      const accepting = await whileAccepting(ground, form, `accept_${round}`);
      figures.idle.push(megabytes(accepting.idle));
      figures.accept.push(megabytes(accepting.highest));
      for (const { events, highest } of figures.drain) {
        const drained = await drainOnce(ground, {
          deliveries: deliveries.get(events) ?? [],
          files,
          expected: expectedOf({ first: 0, deals: events / EVENTS_OF_A_DEAL, events }),
          name: `drain_${round}_${events}`,
          roles: EVERYTHING,
        });
        highest.push(megabytes(drained.highest));
      }
    }
    const [short, long] = [figures.drain[0], figures.drain.at(-1)];
    if (form === "short" || !short || !long) {
      say(`memory seen of a server that was idle, took webhooks, and decided ${digits(backlogs[0] ?? 0)} events`);
      return figures;
    }
    say(`idle ${line(figures.idle)}; taking webhooks ${line(figures.accept)}`);
    for (const { events, highest } of figures.drain)
      say(`deciding a backlog of ${digits(events)} events ${line(highest)}`);
    const highest = Math.max(median(figures.accept), ...figures.drain.map((each) => median(each.highest)));
    say(aimSentence({ what: "memory idle", found: median(figures.idle), atMost: 200, unit: " MB", digits: 0 }));
    say(aimSentence({ what: "memory at its highest", found: highest, atMost: 350, unit: " MB", digits: 0 }));
    const ratio = median(long.highest) / median(short.highest);
    say(`a backlog ${long.events / short.events} times as long takes ${ratio.toFixed(2)} times the memory`);
    say(`kept in ${keep("memory", figures)}`);
    return figures;
  } finally {
    await taker.stop();
    await vendor.stop();
    await ground.close();
  }
};

const megabytes = (bytes: number) => bytes / 2 ** 20;
const line = (values: readonly number[]) =>
  `${Math.round(median(values))} MB (${values.map((each) => Math.round(each)).join(", ")})`;

/** A server that does nothing, and then takes batches of a hundred events as fast as it can. */
const whileAccepting = async (ground: Ground, form: Form, name: string) => {
  const { settleMs, loadMs, connections } = sizes[form];
  const { url, database } = await ground.database(name);
  const folder = await writeFiles(ground.folder, workspaceFiles());
  const server = await startServer(folder, { DATABASE_URL: url, ACCOLADE_ROLES: EVERYTHING });
  try {
    await setTimeout(settleMs);
    const idle = (await server.memory()).now;
    let answered = 0;
    for (const crm of ["hub", "sales"] as const) {
      const requests = packRequests(crm, {
        url: server.url,
        size: 100,
        count: 20,
        at: Date.now(),
        run: `${name}${crm}`,
      });
      const seen = await load({ url: server.url, requests, connections, ms: loadMs });
      answered += taken(seen);
    }
    const { highest } = await server.memory();
    const stored = (await database.row<{ n: number }>("select count(*)::int as n from inbox"))?.n;
    if (stored !== answered) throw new Error(`${answered} webhooks were answered, ${stored} are stored`);
    return { idle, highest };
  } finally {
    await server.stop();
    await ground.drop(name);
  }
};
