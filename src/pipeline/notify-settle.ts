/** The end of a send: its outcome is stored before anything else, then what follows from it for the message and its sender. */
import type { SendOutcome } from "../channels/channel.ts";
import { endAttempt } from "./attempts.ts";
import type { Carrier, Corridor } from "./corridor.ts";
import { keepOutcome, type SentMessage, stateAfter } from "./keep-outcome.ts";
import { noteOutcome } from "./sender-pace.ts";

export interface Sent extends SentMessage {
  open: Carrier;
  attempt: number;
  /** The sender is out of order, and this message tries whether it still is. */
  probe: boolean;
}

export const settleSend = async (corridor: Corridor, sent: Sent, outcome: SendOutcome) => {
  const { grant, open, attempt, probe } = sent;
  const { channel, sender } = open;
  const now = corridor.now();
  const { instead, news } = await corridor.database.transaction(async (tx) => {
    await endAttempt(tx, attempt, outcome, now);
    const next = await keepOutcome(corridor, tx, sent, outcome);
    // last: its row is what other messages of this sender wait for
    const said = await noteOutcome(tx, open, { outcome, recipientId: grant.recipient.id, probe }, now);
    return { instead: next, news: said };
  });
  corridor.telemetry.attempt(sender, outcome.outcome);
  corridor.telemetry.message(channel, stateAfter(outcome));
  const line = { grant: grant.id, channel, sender, outcome: outcome.outcome };
  if (outcome.outcome === "rejected")
    corridor.log.warn("not sent", { ...line, reason: outcome.code, detail: outcome.detail });
  else corridor.log.step("notified", line);
  if (news?.what === "out") {
    corridor.telemetry.warning("sender");
    corridor.log.error("sender out of order", {
      channel,
      sender,
      detail: news.why,
      todo: "mend it (accolade doctor says how); messages take the rule's next channel, or wait, and it is tried again by itself",
    });
  }
  if (news?.what === "back") corridor.log.step("sender in order again", { channel, sender });
  await corridor.doorbell.ring("notify", instead).catch(() => {});
};
