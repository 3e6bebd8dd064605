/** The same events with few and with many rules, of which one more matches, however many there are. */
import { EVENTS_OF_A_DEAL, lifeRequests } from "../ground/deal-lives.ts";
import type { Form } from "../ground/report.ts";
import { type RunningServer, startServer, writeFiles } from "../ground/server.ts";
import { workspaceFiles } from "../ground/workspace.ts";
import { measure } from "./cost.ts";
import { type Around, type GrowthFigures, sizes } from "./figures.ts";

/** Wins are between 20,000 and 80,000. */
const LEAST = 20_000;
const RANGE = 60_000;

/** Bands of amounts, one beside the other: each big win lies in one of them. They only note what they would give. */
const bands = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const [from, to] = [LEAST + (index * RANGE) / count, LEAST + ((index + 1) * RANGE) / count];
    return `  - { id: band-${index}, title: Band ${index}, on: deal.won, where: [deal.amount >= ${from}, deal.amount < ${to}], reward: { to: owner, give: gift }, mode: shadow, from: 2020-01-01 }\n`;
  }).join("");

export const withRules = async ({ ground, taker }: Around, form: Form): Promise<GrowthFigures["rules"]> => {
  const { warm, rounds, rules, measured } = sizes[form];
  const deals = measured / EVENTS_OF_A_DEAL;
  const until = Date.now() - 86_400_000;
  const running: { server: RunningServer; on: Parameters<typeof measure>[1]; rules: number }[] = [];
  const figures = rules.map((count) => ({ rules: count, costs: [] as GrowthFigures["rules"][number]["costs"] }));
  try {
    for (const count of rules) {
      const { url, database } = await ground.database(`rules_${count}`);
      const folder = await writeFiles(ground.folder, workspaceFiles({ more: bands(count) }));
      const server = await startServer(folder, { DATABASE_URL: url, ACCOLADE_ROLES: "decide" });
      running.push({ server, on: { database, servers: [server] }, rules: count });
    }
    for (let round = 0; round < warm + rounds; round++) {
      const deliveries = await taker.take((url) => lifeRequests({ url, first: round * deals, deals, until }));
      for (const [index, { on }] of running.entries()) {
        const cost = await measure(ground, on, deliveries);
        if (round >= warm) figures[index]?.costs.push(cost);
      }
    }
    for (const { on, rules: count } of running) {
      const found = await on.database.row<{ real: number; shadow: number; rules: number }>(
        `select count(*) filter (where state <> 'shadow')::int as real, count(*) filter (where state = 'shadow')::int as shadow,
           count(distinct rule_id)::int as rules from grants`,
      );
      const wins = ((warm + rounds) * deals) / 2;
      if (found?.real !== wins || found.shadow !== wins)
        throw new Error(
          `${count} rules: expected ${wins} grants and as many in shadow, found ${JSON.stringify(found)}`,
        );
    }
    return figures;
  } finally {
    for (const { server } of running) await server.stop();
    for (const count of rules) await ground.drop(`rules_${count}`);
  }
};
