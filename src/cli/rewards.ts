import { Command } from "commander";
import { catalogCommand } from "./rewards-catalog.ts";
import { orderCommand } from "./rewards-order.ts";
import { settleCommand } from "./rewards-settle.ts";

/** `accolade rewards catalog|order|settle`: what providers can supply, and what became of an order. */
export const rewardsCommand = (): Command =>
  new Command("rewards")
    .description("see what providers can supply, and what became of an order")
    .addCommand(catalogCommand())
    .addCommand(orderCommand())
    .addCommand(settleCommand());
