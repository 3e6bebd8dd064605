import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { addCosts } from "../pipeline/costs.ts";
import { readCosts } from "../pipeline/read-costs.ts";
import { counted } from "./counted.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade import costs`: what no CRM tells. */
export const importCostsCommand = (): Command =>
  new Command("costs")
    .description("costs of acquisition, retention and campaigns; the same file again changes nothing")
    .argument("<file>", "CSV with the header kind,amount,currency,from,until[,campaign][,team][,owner][,note][,id]")
    .action(async (file: string) => {
      if (!existsSync(file)) throw new Refusal([`${file}: found no such file, expected a CSV file of costs`]);
      const { costs, problems } = readCosts(await readFile(file, "utf8"));
      await withCorridor(async ({ corridor }) => {
        const { added, known, changed } = await addCosts(corridor, costs);
        for (const { line, found, expected } of problems)
          console.error(`${file}:${line}: found ${found}, expected ${expected}`);
        const lines = new Set(problems.map(({ line }) => line)).size;
        console.log(
          `${counted(added, "cost")} added, ${changed} changed, ${known} there already, ${counted(lines, "line")} left out.`,
        );
      });
      if (problems.length > 0) process.exitCode = 1;
    });
