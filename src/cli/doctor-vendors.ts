import path from "node:path";
import type { TokenVault } from "../../connectors/connector.ts";
import { loadTemplates, openSender, whatsappWordsOf } from "../channels/index.ts";
import type { Config } from "../config.ts";
import type { Database, Sql } from "../db/sql.ts";
import { tokenVault } from "../pipeline/complete-tokens.ts";
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
  return (await Promise.all(looks)).flat();
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
  const looks = [...config.channels].map(([channel, { sender, settings }]) =>
    lookedAt(channel, async () => {
      const opened = openSender(sender, settings, channel, around);
      if (!opened.ok)
        return opened.problems.map(({ path, message }) => bad(channel, `${path}: ${message}`, "Correct it."));
      try {
        return await unlessAway(channel, async () =>
          (await opened.sender.check()).map((check) => lineOf(channel, check)),
        );
      } finally {
        await opened.sender.close?.();
      }
    }),
  );
  return (await Promise.all(looks)).flat();
};

class Away extends Error {}
const refuse = async (): Promise<never> => {
  throw new Away();
};
const away: Sql = { rows: refuse, row: refuse, run: refuse };

const unlessAway = async (what: string, look: () => Promise<Line[]>): Promise<Line[]> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Away) return [skipped(what, "not looked at: it needs the tables of the database")];
    throw error;
  }
};
