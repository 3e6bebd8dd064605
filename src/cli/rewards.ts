import { Command } from "commander";
import { rewardTaskCommands } from "./reward-tasks.ts";
import { byHandCommands } from "./rewards-by-hand.ts";
import { catalogCommand } from "./rewards-catalog.ts";
import { orderCommand } from "./rewards-order.ts";
import { settleCommand } from "./rewards-settle.ts";

/** `accolade rewards …`: what providers can supply, what became of an order, and what people hand over. */
export const rewardsCommand = (): Command => {
  const command = new Command("rewards").description(
    "see what providers can supply, what became of an order, and what is to be handed over",
  );
  for (const each of [catalogCommand(), orderCommand(), settleCommand(), ...byHandCommands(), ...rewardTaskCommands()])
    command.addCommand(each);
  return command;
};
