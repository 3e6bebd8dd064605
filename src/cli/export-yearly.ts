import { Command, InvalidArgumentError } from "commander";
import { decimalText } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { yearlyTotals } from "../pipeline/yearly-totals.ts";
import { type Output, writeExport, writing } from "./export-output.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade export yearly`: what customers were given, against the threshold of the year. */
export const yearlyCommand = () =>
  writing(new Command("yearly"))
    .description("what each customer was given in a year, against the threshold that `tax:` in accolade.yaml gives")
    .requiredOption("--year <year>", "a calendar year", year)
    .action((options: Output & { year: number }) =>
      withCorridor(async ({ corridor }, config) => {
        const found = await yearlyTotals(corridor, options.year, config.tax.thresholds.get(options.year));
        if ("noRateFor" in found)
          throw new Refusal([
            `workspace.rates: found no rate for ${found.noRateFor.join(", ")}, expected what one unit is worth in ${corridor.workspace.currency}`,
          ]);
        const { threshold, totals } = found;
        await writeExport(options, found, {
          heads: ["recipient", "name", "email", "currency", "total", "points", "threshold", "reaches_threshold"],
          rows: totals.map(({ recipientId, name, email, total, points, reaches }) => [
            recipientId,
            name,
            email,
            total.currency,
            decimalText(total),
            points,
            threshold && decimalText(threshold),
            reaches === null ? null : reaches ? "yes" : "no",
          ]),
        });
        if (!threshold)
          console.error(
            `accolade.yaml gives no threshold for ${options.year}: nobody is marked. Add one: tax: { thresholds: { ${options.year}: 2000 USD } }`,
          );
      }),
    );

const year = (text: string): number => {
  if (/^20\d\d$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a year, such as 2026");
};
