/** The same events after a short and after a long history: half of them of new deals, half of deals that the history has. */
import type { Database } from "../../src/db/sql.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { amountRequests, EVENTS_OF_A_DEAL, lifeRequests } from "../ground/deal-lives.ts";
import { type KeptDelivery, queueDeliveries, type Taker } from "../ground/deliveries.ts";
import { drained } from "../ground/drained.ts";
import type { Ground } from "../ground/postgres.ts";
import type { Form } from "../ground/report.ts";
import { type RunningServer, startServer, writeFiles } from "../ground/server.ts";
import { workspaceFiles } from "../ground/workspace.ts";
import { COPY_APART, copyHistory, shapeOf } from "./copy-history.ts";
import { type Cost, measure } from "./cost.ts";
import { type Around, type GrowthFigures, sizes } from "./figures.ts";

interface Grown {
  events: number;
  database: Database;
  servers: RunningServer[];
  costs: Cost[];
}

export const withHistories = async (
  { ground, taker }: Around,
  form: Form,
  say: (line: string) => void,
): Promise<GrowthFigures["histories"]> => {
  const { warm, rounds, histories, decided, measured } = sizes[form];
  const until = Date.now() - 86_400_000;
  const seed = await taker.take((url) => lifeRequests({ url, first: 0, deals: decided / EVENTS_OF_A_DEAL, until }));
  const grown: Grown[] = [];
  try {
    for (const events of histories) {
      const started = performance.now();
      const made = await makeHistory(ground, { events, decided, seed });
      grown.push({ events, costs: [], ...made });
      say(
        `a history of ${events.toLocaleString("en")} events made in ${Math.round((performance.now() - started) / 1_000)} s`,
      );
    }
    if (form === "short") await compare({ ground, taker }, grown, until);
    // the first round warms up; then they take turns, so that what else the machine does meets all of them
    for (let round = 0; round < warm + rounds; round++)
      for (const { events, costs, ...on } of grown) {
        const deliveries = await newsOf(taker, { events, decided, measured, round, until });
        const cost = await measure(ground, on, deliveries);
        if (round >= warm) costs.push(cost);
      }
    for (const { database, events } of grown) {
      const { faults } = await verifyLedger(database);
      if (faults[0]) throw new Error(`${events} events: ${faults[0].about} ${faults[0].problem}`);
    }
    return grown.map(({ events, costs }) => ({ events, costs }));
  } finally {
    for (const { servers } of grown) for (const server of servers) await server.stop();
    for (const { events } of grown) await ground.drop(`history_${events}`);
  }
};

interface Wanted {
  events: number;
  /** So many of them are decided, the others copied. */
  decided: number;
  seed: readonly KeptDelivery[];
}

const makeHistory = async (ground: Ground, { events, decided, seed }: Wanted) => {
  const { url, database } = await ground.database(`history_${events}`);
  const folder = await writeFiles(ground.folder, workspaceFiles());
  const server = await startServer(folder, { DATABASE_URL: url, ACCOLADE_ROLES: "decide" });
  try {
    await queueDeliveries(database, seed);
    await drained(database, 120_000);
    await copyHistory(database, events / decided);
    return { database, servers: [server] };
  } catch (error) {
    await server.stop();
    throw error;
  }
};

/** What was copied is what deciding the same lives would have left. */
const compare = async ({ ground, taker }: Around, [short, long]: readonly Grown[], until: number) => {
  if (!short || !long) return;
  const more = await taker.take((url) =>
    lifeRequests({ url, first: COPY_APART, deals: short.events / EVENTS_OF_A_DEAL, until }),
  );
  await measure(ground, short, more);
  const [decided, copied] = [await shapeOf(short.database), await shapeOf(long.database)];
  if (decided !== copied) throw new Error(`decided:\n${decided}\ncopied:\n${copied}`);
};

interface News {
  events: number;
  decided: number;
  measured: number;
  round: number;
  until: number;
}

/** As many of new deals as of old ones, which lie all over the history. */
const newsOf = (taker: Taker, { events, decided, measured, round, until }: News): Promise<KeptDelivery[]> => {
  const half = measured / 2;
  const deals = half / EVENTS_OF_A_DEAL;
  const [inSeed, copies] = [decided / EVENTS_OF_A_DEAL, events / decided];
  const old = Array.from({ length: half }, (_, index) => {
    const place = (index * 7 + round) % inSeed;
    return place + (index % copies) * COPY_APART;
  });
  return taker.take((url) => [
    ...lifeRequests({ url, first: 900_000 + round * deals, deals, until }),
    ...amountRequests(url, old, until + round * 1_000),
  ]);
};
