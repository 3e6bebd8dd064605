/** How fast a backlog is decided, beside a bulk insert of the same event rows: see docs/benchmarks.md. */
import { aimSentence } from "../ground/aim.ts";
import { EVENTS_OF_A_DEAL, lifeRequests } from "../ground/deal-lives.ts";
import { startTaker } from "../ground/deliveries.ts";
import { option } from "../ground/option.ts";
import { openGround } from "../ground/postgres.ts";
import { digits, type Form, keep, machineLine, median } from "../ground/report.ts";
import { workspaceFiles } from "../ground/workspace.ts";
import { type Drained, drainOnce } from "./drain-once.ts";
import { eventRows } from "./event-rows.ts";
import { profileEnv, profileFlags } from "./profile.ts";
import { expectedOf } from "./proof.ts";

export interface DrainFigures {
  events: number;
  grants: number;
  /** Events a second: medians. */
  ours: number;
  bulk: number;
  ratio: number;
  /** Of each run. */
  drained: Drained[];
  inserted: { seconds: number; postgres: number }[];
}

/** `--events=`: another length of the backlog. `--rounds=`: of how many runs the median is. */
export const drain = async (form: Form, say: (line: string) => void = console.log): Promise<DrainFigures> => {
  const { rounds, events } =
    form === "whole"
      ? { rounds: Number(option("rounds") ?? 3), events: Number(option("events") ?? 100_000) }
      : { rounds: 1, events: 2_000 };
  const deals = events / EVENTS_OF_A_DEAL;
  const ground = await openGround(profileFlags);
  const taker = await startTaker(ground);
  try {
    say(machineLine(ground.version));
    const files = workspaceFiles();
    const deliveries = await taker.take((url) => lifeRequests({ url, first: 0, deals, until: Date.now() }));
    await taker.stop();
    const rows = await eventRows(ground, { name: "bulk", deliveries, files });
    if (rows.rows !== events) throw new Error(`${events} events were sent, ${rows.rows} were understood`);
    const expected = expectedOf({ first: 0, deals, events });
    const drained: Drained[] = [];
    const inserted: { seconds: number; postgres: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      inserted.push(await rows.insert());
      drained.push(await drainOnce(ground, { deliveries, files, expected, name: `drain_${round}`, env: profileEnv }));
      if (form === "whole") say(`round ${round + 1}: ${lineOf(drained.at(-1), inserted.at(-1))}`);
    }
    const ours = events / median(drained.map(({ seconds }) => seconds));
    const bulk = events / median(inserted.map(({ seconds }) => seconds));
    const figures = { events, grants: expected.grants, ours, bulk, ratio: ours / bulk, drained, inserted };
    if (form === "short") {
      say(`${events} events decided, ${expected.grants} grants, the ledger in order; as many rows inserted in bulk`);
      return figures;
    }
    say(
      `${digits(events)} events, ${digits(expected.grants)} grants: ${digits(ours)} events/s from the inbox to grants, ${digits(bulk)} rows/s inserted in bulk`,
    );
    say(aimSentence({ what: "drain, part of the rate of a bulk insert", found: figures.ratio, atLeast: 0.4 }));
    say(`kept in ${keep("drain", figures)}`);
    return figures;
  } finally {
    await taker.stop();
    await ground.close();
  }
};

const lineOf = (drained: Drained | undefined, inserted: DrainFigures["inserted"][number] | undefined) =>
  drained && inserted
    ? `${drained.seconds.toFixed(1)} s (processor: ${drained.node.toFixed(1)} s Node.js, ${drained.postgres.toFixed(1)} s PostgreSQL; memory at its highest ${Math.round(drained.highest / 2 ** 20)} MB); bulk insert ${inserted.seconds.toFixed(1)} s (processor: ${inserted.postgres.toFixed(1)} s PostgreSQL)`
    : "";
