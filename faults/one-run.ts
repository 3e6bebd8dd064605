/** One run: deals come in, a fault strikes, everything is mended and worked off, and what came of it is compared. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { readConfig } from "../src/config.ts";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { createLog } from "../src/log.ts";
import { openCorridor } from "../src/open-corridor.ts";
import type { Corridor } from "../src/pipeline/corridor.ts";
import { importCodes } from "../src/rewards/index.ts";
import { createRandom } from "../src/simulate/random.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { Fault } from "./fault.ts";
import { type Compared, compare } from "./stage/compare.ts";
import { sendStory } from "./stage/courier.ts";
import { POOL } from "./stage/files.ts";
import type { SharedPostgres } from "./stage/postgres.ts";
import { tellReceipts } from "./stage/receipts.ts";
import { leftInWords, settle } from "./stage/settle.ts";
import { openStage, type Stage } from "./stage/stage.ts";
import { tellStory } from "./stage/story.ts";

export interface Ran {
  fault: string;
  seed: number;
  ms: number;
  /** Requests that the servers answered with 2xx, and those that were sent again before. */
  accepted: number;
  again: number;
  compared: Compared | undefined;
  /** Empty: every promise was kept. */
  differences: string[];
  /** Where its logs are; undefined where nothing differs. */
  evidence: string | undefined;
}

const EVENTS = 500;
const LASTS_MS = 2_500;
const SETTLED_WITHIN_MS = 45_000;

/** Never rejects: what breaks the run itself is a difference, too. */
export const oneRun = async (
  fault: Fault,
  { seed, shared, parent }: { seed: number; shared: SharedPostgres; parent: string },
): Promise<Ran> => {
  const began = performance.now();
  const folder = await mkdtemp(path.join(parent, `${fault.id}-${seed}-`));
  const ran: Ran = {
    fault: fault.id,
    seed,
    ms: 0,
    accepted: 0,
    again: 0,
    compared: undefined,
    differences: [],
    evidence: undefined,
  };
  const random = createRandom(`${fault.id} ${seed}`);
  const stage = await openStage(fault.needs, { random, folder, shared }).catch((error: unknown) => {
    ran.differences.push(`the stage did not open: ${inWords(error)}`);
    return undefined;
  });
  if (stage) {
    await play(fault, stage, ran).catch((error: unknown) => ran.differences.push(inWords(error)));
    await stage.close().catch((error: unknown) => ran.differences.push(`the stage did not close: ${inWords(error)}`));
  }
  if (ran.differences.length === 0) await rm(folder, { recursive: true, force: true });
  else ran.evidence = folder;
  ran.ms = performance.now() - began;
  return ran;
};

const play = async (fault: Fault, stage: Stage, ran: Ran) => {
  const { random, servers, vendors } = stage;
  const seed = `${fault.id} ${ran.seed}`;
  const configured = await readConfig(stage.env, stage.folder);
  if (!configured.ok) throw new Error(configured.problems.join("\n"));
  const story = tellStory(configured.config, random, seed, EVENTS);
  if (!fault.needs.cold) await Promise.all(servers.map((server) => server.start()));

  stage.courier = sendStory(story, { seed, lastsMs: LASTS_MS, doors: stage.doors });
  stage.receipts = tellReceipts(vendors, createRandom(`${seed} receipts`), stage.doors);
  // codes come in while rewards wait for them, as they do in life
  const stocked = fault.needs.cold ? undefined : withCorridor(stage, stock);
  await fault.strike(stage);
  await stocked;
  if (!stocked) await withCorridor(stage, stock);
  vendors.calm();
  await Promise.all(servers.map((server) => server.ready()));
  const carried = await stage.courier.done;
  ran.accepted = carried.requests - carried.refused.length;
  ran.again = carried.again;
  ran.differences.push(...carried.refused);

  await withCorridor(stage, async (corridor) => {
    let offset = 0;
    const step = (ms: number) => {
      offset += ms;
      for (const server of servers) server.setClock(offset);
      stage.note(`clocks ${offset / 1_000} s ahead`);
    };
    step(0);
    const left = await settle(corridor.database, step, SETTLED_WITHIN_MS);
    await stage.receipts?.finish();
    ran.compared = await compare(corridor, story, vendors);
    if (leftInWords(left)) ran.differences.push(`still to be done: ${leftInWords(left)}`);
    ran.differences.push(...ran.compared.differences);
  });
  ran.differences.push(...servers.flatMap((server) => server.fell() ?? []));
  // all of a run is decided by what it grants: one that calls for nothing has shown nothing
  if ((ran.compared?.expected ?? 0) < 10) ran.differences.push("the story called for fewer than 10 grants");
};

const stock = async (corridor: Corridor) => {
  const lines = Array.from({ length: 300 }, (_, index) => `CODE-${index}`);
  await importCodes(corridor.database, corridor.sealer, POOL, ["code", ...lines].join("\n"), corridor.now());
};

/** The workspace as a command of the CLI sees it, beside the servers. */
const withCorridor = async <T>(stage: Stage, work: (corridor: Corridor) => Promise<T>): Promise<T> => {
  const own = path.join(stage.folder, ".accolade", "postgres");
  const embedded =
    stage.databaseUrl === undefined && existsSync(own) ? (await startEmbeddedPostgres(own)).url : stage.databaseUrl;
  // not through a gate that is cut
  const direct = stage.gate ? stage.databaseUrl : embedded;
  const read = await readConfig({ ...stage.env, ...(direct && { DATABASE_URL: direct }) }, stage.folder);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const log = createLog({ level: "error", format: "text", stream: process.stderr });
  const opened = await openCorridor(read.config, { log, telemetry: createTelemetry(), queue: false });
  try {
    return await work(opened.corridor);
  } finally {
    await opened.close();
  }
};

const inWords = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
