import type { MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { queueMessage } from "./notify-channel.ts";
import { nextPageLink } from "./page-link.ts";

/** The message that takes the place of one that cannot be sent, or failed; undefined where there is none. */
export const fallBack = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  { messageId, kind }: { messageId: string; kind: MessageKind },
): Promise<string | undefined> => {
  if (kind !== "page") return queueMessage(corridor, tx, grant, kind);
  const message = await tx.row<{ round: number }>("select round from messages where id = $1", [messageId]);
  return message && nextPageLink(corridor, tx, grant, message.round);
};
