import path from "node:path";
import type { TokenVault } from "../../connectors/connector.ts";
import { type Carried, loadTemplates, openSender, whatsappWordsOf } from "../channels/index.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/sql.ts";
import { tokenVault } from "../pipeline/complete-tokens.ts";
import { type SenderState, senderStates } from "../pipeline/sender-sweep.ts";
import { openProvider } from "../rewards/index.ts";
import { createSealer } from "../sealer.ts";
import { bad, type Line, lineOf, lookedAt, ok, skipped } from "./doctor-line.ts";

/** What the vendors' checks may use. `database` is null where it has no tables yet, or does not answer. */
export interface VendorSurroundings {
  config: Config;
  database: Database | null;
}

const now = () => new Date();

/** Asks each CRM: credentials, account, scopes. */
export const checkConnections = async ({ config, database }: VendorSurroundings): Promise<Line[]> => {
  const sealer = createSealer(config.secretKeys);
  const looks = [...config.connections.values()].map((connection) =>
    lookedAt(connection.id, async () => {
      const tokens = database ? tokenVault({ database, sealer, now }, connection.id) : passing;
      const checks = await connection.check({ connection: connection.id, tokens, now });
      if (checks.length === 0)
        return [ok(connection.id, `${connection.connector.label}, which is not asked for anything`)];
      return checks.map((check) => lineOf(connection.id, check));
    }),
  );
  return [...(await Promise.all(looks)).flat(), ...(database ? await writtenBack(database) : [])];
};

/** What waits to be written into a CRM because of something that an admin can mend, and what was given up. */
const writtenBack = async (database: Database): Promise<Line[]> => {
  const stuck = await database.rows<{ connection: string; state: string; reason: string; n: number }>(
    `select connection, case when state = 'failed' then state else 'waiting' end as state, reason, count(*)::int as n from write_backs
     where state = 'failed' or (state in ('waiting', 'unknown') and reason is not null) group by 1, 2, 3 order by 1, 2, 4 desc`,
  );
  return stuck.map(({ connection, state, reason, n }) => {
    const what = `${connection}: write-back`;
    return state === "failed"
      ? skipped(what, `${n} given up: ${reason}`)
      : bad(what, `${n} waiting: ${reason}`, "Mend it: they are tried again by themselves, at least once an hour.");
  });
};

/** Nothing can be kept, so every token is asked for anew. */
const passing: TokenVault = { exclusively: (change) => change(null) };

/** Asks each reward provider: credentials, funds, stock. */
export const checkProviders = async ({ config, database }: VendorSurroundings): Promise<Line[]> => {
  const sealer = createSealer(config.secretKeys);
  const looks = [...config.providers].map(([id, { kind, settings }]) =>
    lookedAt(id, async () => {
      const opened = openProvider(kind, settings, { id, sql: database ?? away, sealer, now, warn: () => {} });
      if (!opened.ok) return opened.problems.map(({ path, message }) => bad(id, `${path}: ${message}`, "Correct it."));
      return unlessAway(id, async () => (await opened.provider.check()).map((check) => lineOf(id, check)));
    }),
  );
  return (await Promise.all(looks)).flat();
};

/** Signs in to each sender; sends nothing. */
export const checkChannels = async ({ config, database }: VendorSurroundings): Promise<Line[]> => {
  const loaded = config.channels.has("whatsapp")
    ? await loadTemplates(config.templatesFolder, path.join(config.home, "cache"))
    : undefined;
  const words = loaded?.ok ? { whatsappWords: whatsappWordsOf(loaded.templates) } : {};
  const around = { sql: database ?? away, now, publicUrl: config.publicUrl, ...words };
  const places: { name: string; carried: Carried; sender: string; settings: unknown }[] = [
    ...[...config.channels].map(([name, entry]) => ({ name, carried: name, ...entry })),
    ...[...config.celebrations].map(([id, entry]) => ({
      name: `celebration:${id}`,
      carried: "celebration" as const,
      ...entry,
    })),
  ];
  const looks = places.map(({ name, carried, sender, settings }) =>
    lookedAt(name, async () => {
      const opened = openSender(sender, settings, carried, around);
      if (!opened.ok)
        return opened.problems.map(({ path, message }) => bad(name, `${path}: ${message}`, "Correct it."));
      try {
        return await unlessAway(name, async () => (await opened.sender.check()).map((check) => lineOf(name, check)));
      } finally {
        await opened.sender.close?.();
      }
    }),
  );
  const setUp = places.map(({ name, sender }) => ({ channel: name, sender }));
  const states = database ? await senderStates(database, setUp) : [];
  return [...(await Promise.all(looks)).flat(), ...states.flatMap(paceLines)];
};

const at = (time: Date) => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** What its messages made known of a sender since. */
const paceLines = ({ channel, sender, outSince, outWhy, probeAt, quietUntil, quietWhy }: SenderState): Line[] => {
  if (outSince && probeAt)
    return [
      bad(
        `${channel}: ${sender}`,
        `out of order since ${at(outSince)}: ${outWhy}`,
        `Mend that and start the server again; or wait: it is tried again after ${at(probeAt)}. Its messages wait, or take the rule's next channel.`,
      ),
    ];
  if (quietUntil && quietUntil > now())
    return [skipped(`${channel}: ${sender}`, `asked for patience until ${at(quietUntil)}: ${quietWhy}`)];
  return [];
};

class Away extends Error {}
const refuse = async (): Promise<never> => {
  throw new Away();
};
const away = { rows: refuse, row: refuse, run: refuse, transaction: refuse };

const unlessAway = async (what: string, look: () => Promise<Line[]>): Promise<Line[]> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Away) return [skipped(what, "not looked at: it needs the tables of the database")];
    throw error;
  }
};
