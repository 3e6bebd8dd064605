/** One run: deals come in, a fault strikes, everything is mended and worked off, and what came of it is compared. */
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { readConfig } from "../src/config.ts";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { openDatabase } from "../src/db/sql.ts";
import { createLog } from "../src/log.ts";
import { openCorridor } from "../src/open-corridor.ts";
import type { Corridor } from "../src/pipeline/corridor.ts";
import { importCodes } from "../src/rewards/index.ts";
import { createSealer } from "../src/sealer.ts";
import { createRandom } from "../src/simulate/random.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { Fault } from "./fault.ts";
import { type Compared, compare } from "./stage/compare.ts";
import { sendStory } from "./stage/courier.ts";
import { POOL, SECRET_KEY } from "./stage/files.ts";
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

  stage.courier = sendStory(story, { seed, lastsMs: LASTS_MS, doors: stage.doors, over: stage.over });
  stage.receipts = tellReceipts(vendors, createRandom(`${seed} receipts`), stage.doors, stage.over);
  // codes come in while rewards wait for them, as they do in life
  if (!fault.needs.cold) await stock(stage);
  await fault.strike(stage);
  vendors.calm();
  await Promise.all(servers.map((server) => server.ready()));
  // rewards that came to an empty pool wait for this
  if (fault.needs.cold) await stock(stage);
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
    const left = await settle(corridor.database, step);
    await stage.receipts?.finish();
    ran.compared = await compare(corridor, story, vendors);
    if (leftInWords(left)) ran.differences.push(`still to be done: ${leftInWords(left)}`);
    ran.differences.push(...ran.compared.differences);
  });
  ran.differences.push(...servers.flatMap((server) => server.fell() ?? []));
  // all of a run is decided by what it grants: one that calls for nothing has shown nothing
  if ((ran.compared?.expected ?? 0) < 10) ran.differences.push("the story called for fewer than 10 grants");
};

const stock = async (stage: Stage) => {
  const lines = Array.from({ length: 300 }, (_, index) => `CODE-${index}`);
  const database = openDatabase(await urlOf(stage), { max: 1 });
  try {
    await importCodes(database, createSealer([SECRET_KEY]), POOL, ["code", ...lines].join("\n"), new Date());
  } finally {
    await database.close();
  }
};

/** Of the servers' own PostgreSQL, where they run one. */
const urlOf = async ({ directUrl, folder }: Stage): Promise<string> =>
  directUrl ?? (await startEmbeddedPostgres(path.join(folder, ".accolade", "postgres"))).url;

/** The workspace as a command of the CLI sees it, beside the servers. */
const withCorridor = async <T>(stage: Stage, work: (corridor: Corridor) => Promise<T>): Promise<T> => {
  const read = await readConfig({ ...stage.env, DATABASE_URL: await urlOf(stage) }, stage.folder);
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
