import { createReadStream, existsSync } from "node:fs";
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { wake } from "../pipeline/watch-providers.ts";
import { importCodes, poolStock } from "../rewards/index.ts";
import { counted } from "./counted.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade codes import|stock`: the codes that code pools give out. */
export const codesCommand = (): Command =>
  new Command("codes")
    .description("import gift codes, and see how many are left")
    .addCommand(
      new Command("import")
        .description("add the codes of a CSV file to a pool; a code that it has already is left out")
        .argument("<pool>", "the pool that rewards name with `pool:`")
        .argument("<file>", "CSV with the header code[,pin][,url][,expires_on]")
        .action((pool: string, file: string) =>
          withCorridor(async ({ corridor }) => {
            if (!existsSync(file)) throw new Refusal([`${file}: found no such file, expected a CSV file of codes`]);
            const { database, sealer, now } = corridor;
            const report = await importCodes(database, sealer, pool, createReadStream(file), now());
            for (const { line, found, expected } of report.problems)
              console.error(`${file}:${line}: found ${found}, expected ${expected}`);
            console.log(
              `Pool ${pool}: ${counted(report.imported, "code")} imported, ${report.duplicates} there already, ${counted(report.problems.length, "line")} left out.`,
            );
            // rewards that wait for codes need not wait for their pause to end
            const pools = [...corridor.providers.values()].filter((each) => each.kind.id === "code-pool");
            const woken = (await Promise.all(pools.map(({ id }) => wake(corridor, id, null)))).reduce(
              (a, b) => a + b,
              0,
            );
            if (woken > 0) console.log(`${counted(woken, "reward")} that waited: tried again now.`);
            if (report.problems.length > 0) process.exitCode = 1;
          }),
        ),
    )
    .addCommand(
      new Command("stock").description("show every pool: free, given, expired").action(() =>
        withCorridor(async ({ database, corridor }) => {
          const pools = await poolStock(database, corridor.now());
          if (pools.length === 0) console.log("No codes were imported yet: accolade codes import <pool> <file.csv>");
          else console.table(pools);
        }),
      ),
    );
