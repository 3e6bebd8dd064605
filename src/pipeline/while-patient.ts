/** How long a message waits for one address that asks for patience: a full mailbox must not keep the reward from its person. */
import type { SendOutcome } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { rejected } from "../outcome.ts";
import type { Corridor } from "./corridor.ts";
import type { SentMessage } from "./keep-outcome.ts";
import { nextChannel } from "./notify-channel.ts";
import { pauseAfter } from "./pause-after.ts";

const HOUR_MS = 3_600_000;
/** Where another channel is left, and where none is. */
const WITH_OTHERS_HOURS = 4;
const ALONE_HOURS = 72;
const LONGEST_PAUSE_TRIES = 8;

/**
 * Patience that is asked for a sender, or for a recipient because of how much they got, has no end of its own. Asked for one
 * message, the pauses grow, and after a while it has failed: `gaveUp`.
 */
export const whilePatient = async (
  corridor: Corridor,
  tx: Sql,
  { grant, messageId, kind }: SentMessage,
  outcome: SendOutcome,
): Promise<{ outcome: SendOutcome; gaveUp: boolean }> => {
  if (outcome.outcome !== "retryLater" || outcome.of !== undefined || kind === "celebration")
    return { outcome, gaveUp: false };
  const before = await tx.row<{ first: Date | null; tries: number }>(
    "select min(started_at) as first, count(*)::int as tries from attempts where message_id = $1",
    [messageId],
  );
  const waited = before?.first ? corridor.now().getTime() - before.first.getTime() : 0;
  const pause = pauseAfter(Math.min(before?.tries ?? 0, LONGEST_PAUSE_TRIES));
  const goesOn = { outcome: { ...outcome, afterMs: Math.max(outcome.afterMs, pause) }, gaveUp: false };
  if (waited < WITH_OTHERS_HOURS * HOUR_MS) return goesOn;
  const alone = kind !== "page" && (await nextChannel(corridor, tx, grant, { kind })).channel === undefined;
  if (alone && waited < ALONE_HOURS * HOUR_MS) return goesOn;
  const hours = Math.floor(waited / HOUR_MS);
  const detail = `${outcome.detail}; given up after ${hours} hours`;
  return { outcome: rejected("permanent", "patience", detail), gaveUp: true };
};
