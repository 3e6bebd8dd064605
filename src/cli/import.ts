import { Command } from "commander";
import { importCostsCommand } from "./import-costs.ts";
import { importHistoryCommand } from "./import-history.ts";

/** `accolade import …`. */
export const importCommand = (): Command =>
  new Command("import")
    .description("bring in what other systems know")
    .addCommand(importHistoryCommand())
    .addCommand(importCostsCommand());
