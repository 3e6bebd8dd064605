import { Cluster } from "ioredis";
import type { Config } from "../config.ts";
import type { Database } from "../db/sql.ts";
import { openRedis } from "../queue/open-redis.ts";
import { readRedisAddress, redisPlace } from "../queue/redis-address.ts";
import { bad, type Line, ok, reasonOf, skipped } from "./doctor-line.ts";

/** The queue: Redis where REDIS_URL is set, else the schema `bullmq` in our database. */
export const checkQueue = (config: Pick<Config, "redisUrl">, database: Database | null): Promise<Line[]> => {
  if (config.redisUrl) return checkRedis(config.redisUrl);
  return database
    ? checkPostgres(database)
    : Promise.resolve([skipped("queue", "it is in the database, which is away")]);
};

const checkPostgres = async (database: Database): Promise<Line[]> => {
  const found = await database.row<{ made: boolean; able: boolean }>(
    `select to_regnamespace('bullmq') is not null as made,
       has_database_privilege(current_user, current_database(), 'create') as able`,
  );
  if (found?.made) return [ok("queue", "in PostgreSQL, schema bullmq")];
  if (found?.able) return [ok("queue", "in PostgreSQL; the first start makes its schema bullmq")];
  const todo = "`grant create on database … to …` for the user of DATABASE_URL, or set REDIS_URL.";
  return [bad("queue", "no schema bullmq in the database, and no right to make it", todo)];
};

const checkRedis = async (url: string): Promise<Line[]> => {
  const address = readRedisAddress(url);
  if (!address) return [];
  const place = redisPlace(address);
  const client = openRedis(address, { lazyConnect: true, again: () => null, connectTimeout: 8_000 });
  let trouble: Error | undefined;
  client.on("error", (error) => {
    trouble ??= error;
  });
  try {
    await client.connect();
    const [one = client] = client instanceof Cluster ? client.nodes("master") : [];
    return linesOf(await one.info(), place);
  } catch (error) {
    return [bad("Redis", `${reasonOf(trouble ?? error)} ${place}`, todoFor(trouble ?? error))];
  } finally {
    client.disconnect();
  }
};

const todoFor = (error: unknown): string =>
  /WRONGPASS|NOAUTH|NOPERM/.test(error instanceof Error ? error.message : "")
    ? "Correct user and password in REDIS_URL."
    : "Check that Redis runs, and that REDIS_URL names the host and port on which this machine reaches it. Until then webhooks are accepted and decided, but no reward goes out.";

/** From the answer to `INFO`, https://redis.io/docs/latest/commands/info/ */
const linesOf = (info: string, place: string): Line[] => {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > 6 || (major === 6 && minor >= 2);
  const policy = field("maxmemory_policy");
  const lines = [
    enough
      ? ok("Redis", `${version} ${place}`)
      : bad("Redis", `version ${version || "unknown"} ${place}`, "Use Redis 6.2 or newer."),
  ];
  if (policy === "noeviction") lines.push(ok("Redis keeps every job", "maxmemory-policy noeviction"));
  else if (policy !== undefined)
    lines.push(
      bad(
        "Redis keeps every job",
        `maxmemory-policy ${policy}: jobs may be dropped when memory is short, and rewards come late`,
        "Set `maxmemory-policy noeviction` in the configuration of Redis.",
      ),
    );
  if (field("role") === "slave")
    lines.push(bad("Redis takes writes", "this is a replica", "Name the primary server in REDIS_URL."));
  return lines;
};
