import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import type { Hand } from "../pipeline/hand.ts";
import { retryFailed } from "../pipeline/retry-failed.ts";
import { takeBack } from "../pipeline/take-back.ts";
import { userWithEmail } from "../users.ts";
import { isId } from "./rewards-order.ts";
import { whoRunsThis } from "./who.ts";
import { withCorridor } from "./with-corridor.ts";

interface Asked {
  because: string;
  as?: string;
}

/** `accolade rewards retry|take-back`: what a person does with one grant, for a reason that is kept. */
export const byHandCommands = (): Command[] => [
  byHand(
    "retry",
    "order a reward again that has failed, where no order of it can stand",
    "for the record",
    retryFailed,
  ),
  byHand(
    "take-back",
    "take a reward back that was given, or cancel it before it is",
    "its recipient reads it",
    takeBack,
  ),
];

const byHand = (
  name: string,
  description: string,
  because: string,
  work: (
    corridor: Corridor,
    grantId: string,
    hand: Hand,
  ) => Promise<{ ok: true; said: string } | { ok: false; message: string }>,
): Command =>
  new Command(name)
    .description(description)
    .argument("<grant>", "id of the grant, as `accolade rules explain` shows it")
    .requiredOption("--because <text>", `the reason: ${because}`)
    .option("--as <email>", "who you are: a user of accolade.yaml with the role approver or admin")
    .action((grantId: string, { because, as }: Asked) => {
      const place = `accolade rewards ${name} ${grantId}`;
      if (!isId(grantId)) throw new Refusal([`${place}: expected the id of a grant`]);
      return withCorridor(async ({ corridor }) => {
        const user = as === undefined ? null : userWithEmail(corridor.users, as);
        if (user === undefined)
          throw new Refusal([`--as ${as}: found no such user, expected an email address of users: in accolade.yaml`]);
        const who = user?.email ?? `${whoRunsThis()} (command line)`;
        const done = await work(corridor, grantId, { user, name: who, because });
        if (!done.ok) throw new Refusal([`${place}: ${done.message}`]);
        console.log(done.said);
      });
    });
