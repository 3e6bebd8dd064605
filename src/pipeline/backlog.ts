/**
 * How much waits to be decided. Past a stated number webhooks are put off (503): CRMs keep them and send them again, and
 * what was taken is decided within a time that somebody can still call soon.
 */
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";

export interface Backlog {
  /** Counts anew. What it costs is bounded, however much waits. */
  look(): Promise<void>;
  /** One more delivery was taken since it was counted. */
  taken(): void;
  /** Whether more waits than may. Never asks the database. */
  full(): boolean;
}

/** Deliveries to be unpacked and events to be decided; counted no further than just past `most`. */
const countUpTo = async (sql: Sql, most: number): Promise<number> =>
  (
    await sql.row<{ n: number }>(
      `select (select count(*) from (select from inbox where state = 'received' limit $1) i)
         + (select count(*) from (select from events where state = 'ready' limit $1) e) as n`,
      [most + 1],
    )
  )?.n ?? 0;

/** `most`: `server.mostWaiting` of accolade.yaml. Events that wait for the CRM to answer do not count: deciding them takes no time yet. */
export const createBacklog = (
  { database, log, telemetry }: Pick<Corridor, "database" | "log" | "telemetry">,
  most: number,
): Backlog => {
  let counted = 0;
  let since = 0;
  let told = false;
  return {
    async look() {
      const before = since;
      counted = await countUpTo(database, most);
      since -= before;
      telemetry.backlog(counted);
      const full = counted > most;
      if (full && !told)
        log.warn("too much waits", {
          most,
          todo: "webhooks are answered with 503 until it is less; CRMs send them again. More processes that decide, or a faster PostgreSQL, work it off sooner",
        });
      if (!full && told) log.step("webhooks are taken again", { waiting: counted });
      told = full;
    },
    taken() {
      since += 1;
    },
    full: () => counted + since > most,
  };
};
