import { Command, Option } from "commander";
import { type SpendBreakdown, spendBreakdowns, spendBy } from "../ledger/spend.ts";
import { decimalText } from "../money.ts";
import { type Period, periods } from "../windows.ts";
import { instant, localDayOption, type Output, writeExport, writing } from "./export-output.ts";
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
      withCorridor(async ({ database, corridor }) => {
        const { timeZone } = corridor.workspace;
        const { by, from, until, every } = options;
        const rows = await spendBy(database, {
          by,
          from: from ? instant(from, timeZone) : null,
          until: until ? instant(until, timeZone) : null,
          every: every ?? null,
          timeZone,
        });
        const money = (currency: string, minor: number) => decimalText({ minor, currency });
        await writeExport(options, rows, {
          heads: [
            ...(by === "period" ? [] : [by]),
            ...(by === "recipient" ? ["name"] : []),
            ...(every || by === "period" ? ["from"] : []),
            "currency",
            "reserved",
            "issued",
            "taken_back",
            "spent",
            "grants",
          ],
          rows: rows.map(({ key, name, period, currency, reserved, issued, takenBack, spent, grants }) => [
            ...(by === "period" ? [] : [key]),
            ...(by === "recipient" ? [name] : []),
            ...(every || by === "period" ? [period] : []),
            currency,
            ...[reserved, issued, takenBack, spent].map((minor) => money(currency, minor)),
            grants,
          ]),
        });
      }),
    );
