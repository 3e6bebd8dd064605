import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { refreshCatalog } from "../pipeline/watch-providers.ts";
import { valuesInWords } from "../rewards/index.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

interface Asked {
  country?: string;
  currency?: string;
  search?: string;
  refresh?: true;
  json?: true;
}

/** `accolade rewards catalog`: the products that rewards can name, with their amounts. */
export const catalogCommand = (): Command =>
  new Command("catalog")
    .description("list what providers can supply: the ids that rewards name, with their amounts")
    .argument("[provider]", "id of a provider in accolade.yaml; left out: all that have a catalogue")
    .option("--country <code>", "only what is for this country, such as IT")
    .option("--currency <code>", "only what is in this currency, such as EUR")
    .option("--search <text>", "only what has this in its name")
    .option("--refresh", "ask the providers now; otherwise what they said last")
    .option("--json", "the same as JSON")
    .action((provider: string | undefined, asked: Asked) =>
      withCorridor(async ({ corridor }) => {
        const ids = idsOf(corridor, provider);
        const failures = await refreshed(corridor, ids, asked.refresh === true);
        const rows = ids.flatMap((id) =>
          (corridor.catalogs.of(id) ?? [])
            .filter((product) => fits(product, asked))
            .map((product) => ({ provider: id, ...product })),
        );
        if (asked.json) console.log(JSON.stringify(rows, null, 2));
        else if (rows.length > 0)
          console.log(
            tableText(
              ["provider", "id", "name", "amounts", "countries", "arrives"],
              rows.map((row) => [
                row.provider,
                row.id,
                row.name,
                valuesInWords(row),
                row.countries.join(" ") || "everywhere",
                row.atOnce ? "at once" : "after days",
              ]),
            ),
          );
        if (!asked.json) console.log(`${counted(rows.length, "product")} of ${ids.join(", ")}.`);
        if (failures.length > 0) throw new Refusal(failures);
      }),
    );

const idsOf = ({ providers }: Corridor, asked: string | undefined): string[] => {
  const able = [...providers.values()].filter(({ provider }) => provider.catalog).map(({ id }) => id);
  if (asked === undefined && able.length > 0) return able;
  if (asked !== undefined && able.includes(asked)) return [asked];
  const known = able.length > 0 ? `one of ${able.join(", ")}` : "a provider with a catalogue in accolade.yaml";
  throw new Refusal([
    `accolade rewards catalog: found ${asked === undefined ? "none" : `\`${asked}\``}, expected ${known}`,
  ]);
};

/** Asks those that were never asked, or all of them. Gives what went wrong. */
const refreshed = async (corridor: Corridor, ids: readonly string[], all: boolean): Promise<string[]> => {
  const failures: string[] = [];
  for (const id of ids) {
    const open = corridor.providers.get(id);
    const failure = open && (all || !corridor.catalogs.of(id)) ? await refreshCatalog(corridor, open) : undefined;
    if (failure) failures.push(`${id}: ${failure}`);
  }
  await corridor.catalogs.reload();
  return failures;
};

const fits = (
  { name, id, currency, countries }: { name: string; id: string; currency: string; countries: readonly string[] },
  asked: Asked,
) =>
  (!asked.currency || currency === asked.currency.toUpperCase()) &&
  (!asked.country || countries.length === 0 || countries.includes(asked.country.toUpperCase())) &&
  (!asked.search || `${name} ${id}`.toLowerCase().includes(asked.search.toLowerCase()));
