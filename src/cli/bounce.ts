import { buffer } from "node:stream/consumers";
import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { keepReceipts } from "../pipeline/receive-messages.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade bounce < mail`: what a mail server has got at the bounce address. For its pipe: it ends with 0 whatever the mail is. */
export const bounceCommand = (): Command =>
  new Command("bounce")
    .description(
      "read a bounce or complaint from standard input, as your mail server pipes it; needs receipts: { from: bounces }",
    )
    .action(() =>
      withCorridor(async ({ corridor }) => {
        const open = corridor.channels.get("email");
        if (!open?.hearMail)
          throw new Refusal([
            "channels.email: found no `receipts: { from: bounces, … }`, expected it for bounces that come as mail",
          ]);
        const told = await open.hearMail(await buffer(process.stdin));
        await keepReceipts(corridor, open, told);
        for (const receipt of told)
          if (receipt.what === "state")
            console.log(`Noted: ${receipt.state}${receipt.detail ? `, ${receipt.detail}` : ""}.`);
        if (told.length === 0) console.log("Nothing to note: it is no report about a mail of ours.");
      }),
    );
