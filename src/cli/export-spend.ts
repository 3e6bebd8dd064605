import { Command, Option } from "commander";
import { type SpendBreakdown, spendBreakdowns } from "../ledger/spend.ts";
import { exportSpend, spendTable } from "../pipeline/spend-export.ts";
import { type Period, periods } from "../windows.ts";
import { localDayOption, type Output, writeExport, writing } from "./export-output.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade export spend`: what was reserved, issued and taken back, by whatever an admin asks. */
export const spendCommand = () =>
  writing(new Command("spend"))
    .description("what was reserved, issued and taken back; every breakdown adds up to the ledger")
    .addOption(new Option("--by <what>", "what to group it by").choices(spendBreakdowns).makeOptionMandatory())
    .option("--from <day>", "from this local day on", localDayOption)
    .option("--until <day>", "before this local day", localDayOption)
    .addOption(new Option("--every <period>", "also divided by calendar period").choices(periods))
    .action((options: Output & { by: SpendBreakdown; from?: string; until?: string; every?: Period }) =>
      withCorridor(async ({ corridor }) => {
        const rows = await exportSpend(corridor, options);
        await writeExport(options, rows, spendTable(options, rows));
      }),
    );
