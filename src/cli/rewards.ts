import { Command } from "commander";
import { rewardTaskCommands } from "./reward-tasks.ts";

/** `accolade rewards …`: what providers supply, and what people hand over. */
export const rewardsCommand = (): Command => {
  const command = new Command("rewards").description("see what is to be handed over, and say that it was");
  for (const each of rewardTaskCommands()) command.addCommand(each);
  return command;
};
