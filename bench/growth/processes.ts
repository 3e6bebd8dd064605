/** The same backlog, worked off by one and by several processes. */
import { expectedOf, proofOf } from "../drain/proof.ts";
import { EVENTS_OF_A_DEAL, lifeRequests } from "../ground/deal-lives.ts";
import type { Form } from "../ground/report.ts";
import { type RunningServer, startServer, writeFiles } from "../ground/server.ts";
import { workspaceFiles } from "../ground/workspace.ts";
import { measure } from "./cost.ts";
import { type Around, type GrowthFigures, sizes } from "./figures.ts";

export const withProcesses = async ({ ground, taker }: Around, form: Form): Promise<GrowthFigures["processes"]> => {
  const { rounds, processes, backlog } = sizes[form];
  const deals = backlog / EVENTS_OF_A_DEAL;
  const expected = expectedOf({ first: 0, deals, events: backlog });
  const deliveries = await taker.take((url) => lifeRequests({ url, first: 0, deals, until: Date.now() }));
  const figures: GrowthFigures["processes"] = processes.map((count) => ({ processes: count, costs: [] }));
  for (let round = 0; round < rounds; round++)
    for (const { processes: count, costs } of figures) {
      const name = `processes_${round}_${count}`;
      const { url, database } = await ground.database(name);
      const servers: RunningServer[] = [];
      try {
        for (let each = 0; each < count; each++)
          servers.push(
            await startServer(await writeFiles(ground.folder, workspaceFiles()), {
              DATABASE_URL: url,
              ACCOLADE_ROLES: "decide",
            }),
          );
        costs.push(await measure(ground, { database, servers }, deliveries));
        await proofOf(database, expected);
      } finally {
        for (const server of servers) await server.stop();
        await ground.drop(name);
      }
    }
  return figures;
};
