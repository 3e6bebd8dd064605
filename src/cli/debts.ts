import { userInfo } from "node:os";
import { Command } from "commander";
import { formatMoney } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { listDebts } from "../pipeline/debts-listed.ts";
import { forgiveDebts } from "../pipeline/forgive-debts.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade debts [--json]` and `accolade debts forgive`: who owes what from rewards that were undone, and letting them off. */
export const debtsCommand = (): Command =>
  new Command("debts")
    .description("show what recipients owe from rewards that were used and are no longer due")
    .option("--json", "one JSON array instead of lines")
    .action(({ json }: { json?: boolean }) =>
      withCorridor(async ({ database }) => {
        const debts = await listDebts(database);
        if (json) return console.log(JSON.stringify(debts, null, 2));
        if (debts.length === 0) return console.log("Nobody owes anything.");
        for (const { recipient, open, amount, currency, since, rule, grant, why } of debts)
          console.log(
            `${recipient.name ?? recipient.email ?? recipient.id}: ${formatMoney({ minor: open, currency })} of ${formatMoney({ minor: amount, currency })}, since ${since.slice(0, 10)}, from grant ${grant} (rule ${rule}${why ? `: ${why}` : ""})`,
          );
      }),
    )
    .addCommand(
      new Command("forgive")
        .description("let a recipient off everything that they owe")
        .argument("<recipient>", "the recipient's email address, or their id as `accolade debts --json` shows it")
        .requiredOption("--why <text>", "the reason, which is kept with your name")
        .action((who: string, { why }: { why: string }) =>
          withCorridor(async ({ database }) => {
            const actor = `${userInfo().username} (command line)`;
            const forgiven = await database.transaction((tx) => forgiveDebts(tx, who, why, actor));
            if (!forgiven.ok) throw new Refusal([`accolade debts forgive: ${forgiven.problem}`]);
            for (const { open_minor: minor, currency, grant_id } of forgiven.debts)
              console.log(`${forgiven.recipient}: ${formatMoney({ minor, currency })} of grant ${grant_id} forgiven.`);
          }),
        ),
    );
