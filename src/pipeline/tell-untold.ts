/** Somebody who was not told of a reward that stays theirs, because it was undone while it was ordered, is told now. */
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { queueMessage } from "./notify-channel.ts";

/** Gives the id of the message to be sent: none where they know, or cannot be reached. */
export const tellUntold = async (corridor: Corridor, tx: Sql, grant: GrantView): Promise<string | undefined> => {
  const known = await tx.row("select from messages where grant_id = $1 and round = $2 and kind <> 'celebration'", [
    grant.id,
    grant.round,
  ]);
  return known ? undefined : queueMessage(corridor, tx, grant);
};
