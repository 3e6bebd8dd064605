import { Command } from "commander";
import { balances } from "../ledger/balances.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { formatMoney } from "../money.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade ledger verify|balances`: looks at the ledger, changes nothing in it. */
export const ledgerCommand = (): Command =>
  new Command("ledger")
    .description("check the ledger against itself, and show its accounts")
    .addCommand(
      new Command("verify")
        .description(
          "every posting, account, budget, grant and limit; says what is wrong, and ends with 1 if anything is",
        )
        .option("--json", "the same as JSON")
        .action((options: { json?: true }) =>
          withCorridor(async ({ database }) => {
            const { faults, ...seen } = await database.transaction(async (tx) => {
              await tx.run("set transaction isolation level repeatable read, read only");
              return verifyLedger(tx);
            });
            if (options.json) console.log(JSON.stringify({ ok: faults.length === 0, ...seen, faults }, null, 2));
            else {
              for (const { kind, about, problem } of faults) console.log(`${kind} ${about}: ${problem}`);
              const looked = `${counted(seen.postings, "posting")}, ${counted(seen.accounts, "account")}, ${counted(seen.grants, "grant")}, ${counted(seen.limits, "limit")}`;
              console.log(
                faults.length === 0
                  ? `The ledger is in order: ${looked}.`
                  : `${counted(faults.length, "fault")} in ${looked}. Nothing was changed. Keep a backup of this database, and report it.`,
              );
            }
            if (faults.length > 0) process.exitCode = 1;
          }),
        ),
    )
    .addCommand(
      new Command("balances")
        .description("what every account holds")
        .option("--json", "the same as JSON, in minor units")
        .action((options: { json?: true }) =>
          withCorridor(async ({ database }) => {
            const found = await balances(database);
            if (options.json) console.log(JSON.stringify(found, null, 2));
            else if (found.length === 0) console.log("Nothing was booked yet.");
            else
              console.log(
                tableText(
                  ["account", "balance"],
                  found.map(({ code, ...amount }) => [code, formatMoney(amount)]),
                ),
              );
          }),
        ),
    );
