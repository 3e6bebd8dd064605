import { Command } from "commander";
import { payroll } from "../ledger/payroll.ts";
import { decimalText } from "../money.ts";
import { instant, localDayOption, type Output, writeExport, writing } from "./export-output.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade export payroll`: what employees were given, for the wage run. */
export const payrollCommand = () =>
  writing(new Command("payroll"))
    .description("what employees were given: one line for each person and currency")
    .requiredOption("--from <day>", "from this local day on", localDayOption)
    .requiredOption("--until <day>", "before this local day", localDayOption)
    .action((options: Output & { from: string; until: string }) =>
      withCorridor(async ({ database, corridor }) => {
        const { timeZone } = corridor.workspace;
        const { from, until } = options;
        const lines = await payroll(database, instant(from, timeZone), instant(until, timeZone), timeZone);
        await writeExport(options, lines, {
          heads: [
            "recipient",
            "name",
            "email",
            "team",
            "currency",
            "issued",
            "taken_back",
            "wage",
            "redeemed",
            "value_dates",
            "grants",
          ],
          rows: lines.map((line) => [
            line.recipientId,
            line.name,
            line.email,
            line.team,
            line.currency,
            ...[line.issued, line.takenBack, line.wage, line.redeemed].map((minor) =>
              decimalText({ minor, currency: line.currency }),
            ),
            line.valueDates.join(" "),
            line.grants.join(" "),
          ]),
        });
      }),
    );
