/** `--profile=<folder>`: where the time of a drain goes, by statement and by function. Measuring takes time itself. */
import type { Database } from "../../src/db/sql.ts";
import { option } from "../ground/option.ts";

const folder = option("profile");

/** For the PostgreSQL of the bench. */
export const profileFlags = folder ? ["-c", "shared_preload_libraries=pg_stat_statements"] : [];

/** For the server: it leaves a `.cpuprofile` in the folder, which Chromium's developer tools open. */
export const profileEnv = folder ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` } : {};

export const beginProfile = async (database: Database): Promise<void> => {
  if (folder) await database.run("create extension if not exists pg_stat_statements");
};

/** Says which statements took most of the time. */
export const sayProfile = async (database: Database, say: (line: string) => void): Promise<void> => {
  if (!folder) return;
  const rows = await database.rows<{ ms: number; calls: number; rows: number; text: string }>(
    `select round(total_exec_time)::int as ms, calls::int, rows::int, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as text
     from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = current_database()
     order by total_exec_time desc limit 40`,
  );
  for (const { ms, calls, rows: found, text } of rows) say(`${ms} ms, ${calls} calls, ${found} rows: ${text}`);
};
