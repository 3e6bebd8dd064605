/** Chooses the channel for a grant: the first that the rule names, that is set up, that has an address and was not tried. */
import { type ChannelName, channelNames, type MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";

/** The address of somebody on a channel; null where there is none. */
export const addressOn = (channel: ChannelName, recipient: Pick<Recipient, "email" | "phone">): string | null =>
  channel === "email" ? recipient.email : recipient.phone;

const isChannel = (name: string): name is ChannelName => channelNames.some((channel) => channel === name);

/** What there is to tell of a grant in this state; undefined where nothing. */
export const kindOf = (state: string): MessageKind | undefined =>
  state === "issued" ? "reward" : state === "declined" || state === "expired" ? state : undefined;

/**
 * Writes the next message of this kind as a row and returns its id. Where nobody can be told, the grant says why, and the
 * sweeper looks again when an address appears.
 */
export const queueMessage = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  kind: MessageKind = "reward",
): Promise<string | undefined> => {
  const before = await tx.rows<{ channel: string }>("select channel from messages where grant_id = $1 and kind = $2", [
    grant.id,
    kind,
  ]);
  const tried = new Set(before.map((row) => row.channel));
  const open = grant.notify
    .filter(isChannel)
    .filter((channel) => corridor.channels.has(channel) && !tried.has(channel));
  const channel = open.find((each) => addressOn(each, grant.recipient) !== null);
  if (!channel || grant.recipient.erased_at) {
    await tx.run("update grants set waiting = $2 where id = $1", [grant.id, whyNot(corridor, grant, tried)]);
    return undefined;
  }
  const row = await tx.row<{ id: string }>(
    `insert into messages (grant_id, kind, channel, sender, state, not_before, created_at) values ($1, $2, $3, $4, 'queued', $5, $5)
     on conflict (grant_id, kind, channel) do nothing returning id`,
    [grant.id, kind, channel, corridor.channels.get(channel)?.sender ?? "", corridor.now()],
  );
  await tx.run("update grants set waiting = null where id = $1", [grant.id]);
  return row?.id;
};

/** Starts like this for those that an address would help; the sweeper looks for it. */
export const UNREACHABLE = "unreachable";

const whyNot = ({ channels }: Corridor, { recipient, notify }: GrantView, tried: ReadonlySet<string>) => {
  if (recipient.erased_at) return "the recipient asked to be forgotten";
  const ready = notify.filter(isChannel).filter((channel) => channels.has(channel));
  if (ready.length === 0)
    return `${UNREACHABLE}: accolade.yaml sets up none of the rule's channels (${notify.join(", ")})`;
  if (tried.size > 0 && ready.every((channel) => tried.has(channel)))
    return "nobody was told: every channel of the rule failed";
  const lacks = ready
    .filter((channel) => !tried.has(channel))
    .map((channel) => (channel === "email" ? "email address" : "phone number"));
  return `${UNREACHABLE}: no ${[...new Set(lacks)].join(" and no ")} is known of ${recipient.kind === "rep" ? "this rep" : "this customer"}`;
};
