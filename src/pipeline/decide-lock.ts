import type { Sql } from "../db/sql.ts";

/** Deciders, and whoever changes what they decide with, take turns: what one of them commits, the next one sees. Held until the transaction ends. */
export const takeDecidingLock = (tx: Sql): Promise<number> => tx.run("select pg_advisory_xact_lock(4102022)");
