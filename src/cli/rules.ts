import { Command } from "commander";
import { addCommand } from "./rules-add.ts";
import { backtestCommand } from "./rules-backtest.ts";
import { booksCommand } from "./rules-books.ts";
import { rulesCheckCommand } from "./rules-check.ts";
import { diffCommand } from "./rules-diff.ts";
import { explainCommand } from "./rules-explain.ts";
import { rollbackCommand } from "./rules-rollback.ts";
import { testCommand } from "./rules-test.ts";
import { versionsCommand } from "./rules-versions.ts";

/** `accolade rules …`: each subcommand is a file beside this one. */
export const rulesCommand = (): Command =>
  new Command("rules")
    .description(
      "start from a rule book, check, test and try rules, see why something did or did not lead to a reward, and go back to an earlier version",
    )
    .addCommand(booksCommand())
    .addCommand(addCommand())
    .addCommand(rulesCheckCommand())
    .addCommand(testCommand())
    .addCommand(backtestCommand())
    .addCommand(explainCommand())
    .addCommand(versionsCommand())
    .addCommand(diffCommand())
    .addCommand(rollbackCommand());
