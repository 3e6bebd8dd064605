/** The command line. Each command is a file beside this one; this is the list of them. */
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { approvalsCommand } from "./approvals.ts";
import { bounceCommand } from "./bounce.ts";
import { budgetsCommand } from "./budgets.ts";
import { codesCommand } from "./codes.ts";
import { debtsCommand } from "./debts.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { ledgerCommand } from "./ledger.ts";
import { metricsCommand } from "./metrics.ts";
import { pauseCommand, resumeCommand } from "./pause.ts";
import { peopleCommand } from "./people.ts";
import { pushCommand } from "./push.ts";
import { replayCommand } from "./replay.ts";
import { rewardsCommand } from "./rewards.ts";
import { rulesCommand } from "./rules.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { wallCommand } from "./wall.ts";
import { webhooksCommand } from "./webhooks.ts";

/** Every command, with its arguments and options. */
export const accoladeProgram = (): Command =>
  new Command("accolade")
    .description("Turns CRM milestones into rewards: never twice, never lost, always explained.")
    .addCommand(serveCommand())
    .addCommand(doctorCommand())
    .addCommand(simulateCommand())
    .addCommand(rulesCommand())
    .addCommand(importCommand())
    .addCommand(peopleCommand())
    .addCommand(approvalsCommand())
    .addCommand(codesCommand())
    .addCommand(rewardsCommand())
    .addCommand(debtsCommand())
    .addCommand(metricsCommand())
    .addCommand(replayCommand())
    .addCommand(budgetsCommand())
    .addCommand(wallCommand())
    .addCommand(pushCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(ledgerCommand())
    .addCommand(exportCommand())
    .addCommand(webhooksCommand())
    .addCommand(bounceCommand())
    .showHelpAfterError("(accolade --help shows every command)");

/** Runs one command. Sets the exit code: 0 done, 1 something of the admin's is wrong, 2 the command was not understood. */
export const main = async (argv: readonly string[]): Promise<void> => {
  try {
    await accoladeProgram().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const line of error.lines) console.error(line);
    process.exitCode = 1;
  }
};
