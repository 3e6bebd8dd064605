/** After a batch failed: its rows alone, so that the one at fault is parked and the others go on. */
import { isAway } from "../db/away.ts";
import type { Corridor } from "./corridor.ts";

const AT_ONCE = 50;

/**
 * `waiting` selects ids, oldest first; `work` does one; `park` is given the id and the reason of one that will never
 * pass. A database that is away stops it all: nothing is parked for that.
 */
export const oneByOne = async (
  { database, log, telemetry }: Corridor,
  waiting: string,
  work: (id: number) => Promise<unknown>,
  park: string,
): Promise<number> => {
  const rows = await database.rows<{ id: number }>(waiting, [AT_ONCE]);
  for (const { id } of rows) {
    try {
      await work(id);
    } catch (error) {
      if (isAway(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      await database.run(park, [
        id,
        `Accolade failed on it: ${message.slice(0, 300)}. This is a fault of ours; the log has the details.`,
      ]);
      log.error("parked", { row: id, error });
      telemetry.parked("all");
    }
  }
  return rows.length;
};
