/**
 * What a wall tells. Moments are numbered by whoever looks, one at a time, once they are there for everybody to see: so a
 * wall that has read up to a number has missed none before it, however many processes write and serve.
 */
import type { Sql } from "../db/sql.ts";
import { celebrationOf } from "./celebrate.ts";
import type { Corridor } from "./corridor.ts";
import { loadGrant } from "./grant-view.ts";

/** One thing to celebrate, in the wall's language. */
export interface WallMoment {
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
  who: string;
  what: string;
}

const LOCK = 4_102_019;
const AT_ONCE = 100;

/** Numbers what came since, and gives the highest number. */
export const numberMoments = async ({ database }: Pick<Corridor, "database">): Promise<number> => {
  const head = (sql: Sql) => sql.row<{ head: number }>("select coalesce(max(seq), 0) as head from moments");
  const untold = await database.row("select from moments where seq is null limit 1");
  if (!untold) return (await head(database))?.head ?? 0;
  return database.transaction(async (tx) => {
    await tx.run("select pg_advisory_xact_lock($1)", [LOCK]);
    await tx.run(
      `update moments m set seq = n.seq from (
         select id, (select coalesce(max(seq), 0) from moments) + row_number() over (order by id) as seq
         from moments where seq is null) n
       where m.id = n.id`,
    );
    return (await head(tx))?.head ?? 0;
  });
};

interface Seen {
  seq: number;
  at: Date;
  grant_id: string;
  team: string | null;
}

const inWords = async (corridor: Corridor, rows: readonly Seen[], language: string): Promise<WallMoment[]> => {
  const moments: WallMoment[] = [];
  for (const { seq, at, grant_id, team } of rows) {
    const grant = await loadGrant(corridor.database, grant_id);
    if (!grant) continue;
    const { title: who, body: what } = await celebrationOf(corridor, corridor.database, grant, { language, team });
    moments.push({ seq, at: at.toISOString(), who, what });
  }
  return moments;
};

const shown = `from moments m join grants g on g.id = m.grant_id
  where ($1::text is null or m.team = $1) and g.undone_at is null`;

/** The next moments after a number, oldest first; `done` where there are no more. What was taken back since is left out. */
export const momentsAfter = async (
  corridor: Corridor,
  { team, language }: { team: string | null; language: string },
  { after, upTo }: { after: number; upTo: number },
): Promise<{ moments: WallMoment[]; done: boolean }> => {
  const rows = await corridor.database.rows<Seen>(
    `select m.seq, m.at, m.grant_id, m.team ${shown} and m.seq > $2 and m.seq <= $3 order by m.seq limit $4`,
    [team, after, upTo, AT_ONCE],
  );
  return { moments: await inWords(corridor, rows, language), done: rows.length < AT_ONCE };
};

/** The newest moments up to a number, newest first. */
export const latestMoments = async (
  corridor: Corridor,
  { team, language }: { team: string | null; language: string },
  { upTo, most }: { upTo: number; most: number },
): Promise<WallMoment[]> => {
  const rows = await corridor.database.rows<Seen>(
    `select m.seq, m.at, m.grant_id, m.team ${shown} and m.seq <= $2 order by m.seq desc limit $3`,
    [team, upTo, most],
  );
  return inWords(corridor, rows, language);
};
