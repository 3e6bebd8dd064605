import type { Sql } from "../db/sql.ts";
import type { Corridor } from "./corridor.ts";
import { OUT_OF_ORDER } from "./sender-pace.ts";

export interface SenderState {
  channel: string;
  sender: string;
  outSince: Date | null;
  outWhy: string | null;
  probeAt: Date | null;
  quietUntil: Date | null;
  quietWhy: string | null;
}

/** What is known of these senders; nothing of one that never sent. */
export const senderStates = async (
  sql: Sql,
  setUp: readonly { channel: string; sender: string }[],
): Promise<SenderState[]> =>
  sql.rows<SenderState>(
    `select channel, sender, out_since as "outSince", out_why as "outWhy", probe_at as "probeAt", quiet_until as "quietUntil",
       quiet_why as "quietWhy" from senders join unnest($1::text[], $2::text[]) as t (channel, sender) using (channel, sender)
     order by channel`,
    [setUp.map(({ channel }) => channel), setUp.map(({ sender }) => sender)],
  );

/** Sends a probe where one is due, with the message that has waited longest, and shows operators how each sender is. */
export const settleSenders = async (corridor: Corridor): Promise<void> => {
  const { database, telemetry, now } = corridor;
  const states = await senderStates(database, [...corridor.channels.values(), ...corridor.celebrations.values()]);
  telemetry.senders(
    states.map(({ channel, sender, outSince, quietUntil }) => ({
      channel,
      sender,
      out: outSince !== null,
      quietSeconds: quietUntil ? Math.max(0, (quietUntil.getTime() - now().getTime()) / 1_000) : 0,
    })),
  );
  for (const { channel, outSince, probeAt } of states) {
    if (!outSince)
      await database.run(
        "update messages set not_before = '-infinity' where channel = $1 and state = 'queued' and reason like $2 and not_before > $3",
        [channel, `${OUT_OF_ORDER}%`, now()],
      );
    if (probeAt && probeAt <= now())
      await database.run(
        `update messages set not_before = '-infinity' where id = (
           select id from messages where channel = $1 and state = 'queued' and reason is not null order by created_at, id limit 1
           for update skip locked)`,
        [channel],
      );
  }
  await database.run("delete from sender_pairs where until <= $1", [now()]);
};
