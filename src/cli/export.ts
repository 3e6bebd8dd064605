import { Command } from "commander";
import { payrollCommand } from "./export-payroll.ts";
import { spendCommand } from "./export-spend.ts";
import { yearlyCommand } from "./export-yearly.ts";

/** `accolade export spend|payroll|yearly`: the ledger's figures for other programs. */
export const exportCommand = (): Command =>
  new Command("export")
    .description("write what was spent as CSV or JSON: in all, for payroll, and by customer and year")
    .addCommand(spendCommand())
    .addCommand(payrollCommand())
    .addCommand(yearlyCommand());
