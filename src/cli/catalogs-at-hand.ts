import { existsSync } from "node:fs";
import path from "node:path";
import type { Config } from "../config.ts";
import type { Known } from "../engine/index.ts";
import { knownTo } from "../open-corridor.ts";
import { refreshCatalog } from "../pipeline/watch-providers.ts";
import { openProvider } from "../rewards/index.ts";
import { createSealer } from "../sealer.ts";
import { withCorridor } from "./with-corridor.ts";

/**
 * What rules may refer to, with the catalogues of providers where some were kept. Rules can be checked where there is no
 * database, or none that answers: then nothing is said of products and amounts, and `notes` say so. `refresh`: asks the
 * providers first.
 */
export const knownWithCatalogs = async (
  config: Config,
  { refresh }: { refresh: boolean },
): Promise<{ known: Known; notes: string[] }> => {
  const offering = [...config.providers].filter(([id, entry]) => hasCatalog(config, id, entry));
  const kept = config.databaseUrl !== undefined || existsSync(path.join(config.home, "postgres"));
  if (offering.length === 0 || !(kept || refresh)) return { known: knownTo(config), notes: [] };
  try {
    return await withCorridor(async ({ corridor }) => {
      const notes: string[] = [];
      for (const [id] of refresh ? offering : []) {
        const open = corridor.providers.get(id);
        const failure = open && (await refreshCatalog(corridor, open));
        if (failure) notes.push(`${id}: ${failure}`);
      }
      await corridor.catalogs.reload();
      return { known: knownTo(config, corridor), notes };
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { known: knownTo(config), notes: [`products and amounts were not compared with any catalogue: ${why}`] };
  }
};

/** Opening a provider calls nobody. */
const hasCatalog = (config: Config, id: string, { kind, settings }: { kind: string; settings: unknown }): boolean => {
  const around = { id, sql: noTables, sealer: createSealer(config.secretKeys), now: () => new Date(), warn: () => {} };
  const opened = openProvider(kind, settings, around);
  return opened.ok && opened.provider.catalog !== undefined;
};

const refuse = async (): Promise<never> => {
  throw new Error("a provider was asked for something before there was a database");
};
const noTables = { rows: refuse, row: refuse, run: refuse, transaction: refuse };
