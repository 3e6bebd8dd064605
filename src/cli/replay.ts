import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import { replay } from "../pipeline/replay.ts";
import { counted } from "./counted.ts";
import { eventId } from "./event-id.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade replay`: what was parked goes through the corridor again. */
export const replayCommand = (): Command =>
  new Command("replay")
    .description(
      "send parked events through again, after their cause was mended; what was decided is never decided twice",
    )
    .argument("[event]", "one event by its number", eventId)
    .option("--parked", "everything that is parked")
    .action((event: number | undefined, options: { parked?: true }) =>
      withCorridor(async ({ corridor }) => {
        if (event === undefined && !options.parked)
          throw new Refusal(["replay: found neither an event nor --parked, expected one of them"]);
        const { deliveries, events, windows } = await replay(corridor, event ?? "parked");
        if (deliveries + events + windows === 0)
          console.log(
            event === undefined ? "Nothing is parked." : `Event ${event} is not parked; nothing was changed.`,
          );
        else
          console.log(
            `Sent again: ${counted(events, "event")}, ${counted(deliveries, "delivery", "deliveries")}${windows > 0 ? `, ${counted(windows, "window that ended", "windows that ended")}` : ""}. A running server takes them up within a second.`,
          );
      }),
    );
