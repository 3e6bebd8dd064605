/** The command line. Each command is a file beside this one; this is the list of them. */
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { codesCommand } from "./codes.ts";
import { replayCommand } from "./replay.ts";
import { rulesCommand } from "./rules.ts";
import { serveCommand } from "./serve.ts";

/** Runs one command. Sets the exit code: 0 done, 1 something of the admin's is wrong, 2 the command was not understood. */
export const main = async (argv: readonly string[]): Promise<void> => {
  const program = new Command("accolade")
    .description("Turns CRM milestones into rewards: never twice, never lost, always explained.")
    .addCommand(serveCommand())
    .addCommand(rulesCommand())
    .addCommand(codesCommand())
    .addCommand(replayCommand())
    .showHelpAfterError("(accolade --help shows every command)");
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const line of error.lines) console.error(line);
    process.exitCode = 1;
  }
};
