/** One backlog, from the inbox to the grants, by the real server on a database of its own. */
import { type KeptDelivery, queueDeliveries } from "../ground/deliveries.ts";
import { drained } from "../ground/drained.ts";
import type { Ground } from "../ground/postgres.ts";
import { type ServerFiles, startServer, writeFiles } from "../ground/server.ts";
import { beginProfile, sayProfile } from "./profile.ts";
import { type Expected, proofOf } from "./proof.ts";

export interface Drained {
  events: number;
  seconds: number;
  /** Processor time, in seconds. */
  node: number;
  postgres: number;
  /** Resident memory of the server in bytes: before the backlog came, and at its highest until it was gone. */
  idle: number;
  highest: number;
}

export interface Backlog {
  deliveries: readonly KeptDelivery[];
  files: ServerFiles;
  expected: Expected;
  /** Of the database that is made for it, and goes with it. */
  name: string;
  /** Default: only what decides. */
  roles?: string;
  env?: Record<string, string>;
}

/** Throws where what is left behind is not what `expected` says. */
export const drainOnce = async (
  ground: Ground,
  { deliveries, files, expected, name, roles = "decide", env = {} }: Backlog,
): Promise<Drained> => {
  const { url: databaseUrl, database } = await ground.database(name);
  const server = await startServer(await writeFiles(ground.folder, files), {
    DATABASE_URL: databaseUrl,
    ACCOLADE_ROLES: roles,
    ...env,
  });
  try {
    await beginProfile(database);
    const idle = (await server.memory()).now;
    const [node, postgres] = [await server.processor(), await ground.processor()];
    const started = performance.now();
    await queueDeliveries(database, deliveries);
    await drained(database, 600_000);
    const seconds = (performance.now() - started) / 1_000;
    const used = { node: (await server.processor()) - node, postgres: (await ground.processor()) - postgres };
    const { highest } = await server.memory();
    await sayProfile(database, console.log);
    await proofOf(database, expected);
    return { events: expected.events, seconds, ...used, idle, highest };
  } finally {
    await server.stop();
    await ground.drop(name);
  }
};
