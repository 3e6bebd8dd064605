/** Chooses the channel for a grant: the first that the rule names, that is set up, that has an address and was not tried. */
import { type ChannelName, channelNames, type MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { type MayTell, mayTell } from "../people/consent.ts";
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
  const before = await tx.rows<{ channel: string }>(
    "select channel from messages where grant_id = $1 and kind = $2 and round = $3",
    [grant.id, kind, grant.round],
  );
  const tried = new Set(before.map((row) => row.channel));
  const open = inOrderOf(grant.recipient, grant.notify.filter(isChannel)).filter(
    (channel) => corridor.channels.has(channel) && !tried.has(channel),
  );
  const allowed = await allowedOn(corridor, tx, grant, open, kind);
  const channel = open.find((each) => isAllowed(allowed.get(each)));
  if (!channel) {
    await tx.run("update grants set waiting = $2 where id = $1", [grant.id, whyNot(corridor, grant, tried, allowed)]);
    return undefined;
  }
  const row = await tx.row<{ id: string }>(
    `insert into messages (grant_id, kind, round, channel, sender, state, not_before, created_at)
     values ($1, $2, $3, $4, $5, 'queued', $6, $6)
     on conflict (grant_id, kind, round, channel) do nothing returning id`,
    [grant.id, kind, grant.round, channel, corridor.channels.get(channel)?.sender ?? "", corridor.now()],
  );
  await tx.run("update grants set waiting = null where id = $1", [grant.id]);
  return row?.id;
};

/** For each of these channels on which there is an address, whether the recipient may be told on it. */
export const allowedOn = (
  { sealer, now }: Corridor,
  tx: Sql,
  { recipient }: Pick<GrantView, "recipient">,
  channels: readonly ChannelName[],
  category: MessageKind,
): Promise<ReadonlyMap<string, MayTell>> => {
  const addresses = channels.flatMap((channel) => {
    const address = addressOn(channel, recipient);
    return address === null ? [] : [[channel, address] as const];
  });
  return mayTell(tx, sealer, { recipient, addresses: new Map(addresses), category, at: now() });
};

const isAllowed = (answer: MayTell | undefined) => answer !== undefined && "allowed" in answer;

/** The channel that the recipient asked for comes first, where the rule names it. */
const inOrderOf = (
  { preferred_channel: preferred }: Pick<Recipient, "preferred_channel">,
  channels: readonly ChannelName[],
): ChannelName[] => [
  ...channels.filter((channel) => channel === preferred),
  ...channels.filter((channel) => channel !== preferred),
];

/** Starts like this for those that an address would help; the sweeper looks for it. */
export const UNREACHABLE = "unreachable";
/** Starts like this for who does not want to be told: looked at again when they say something else. */
export const NOT_WANTED = "not told";

const whyNot = (
  { channels }: Corridor,
  { recipient, notify }: GrantView,
  tried: ReadonlySet<string>,
  allowed: ReadonlyMap<string, MayTell>,
) => {
  if (recipient.erased_at) return "the recipient asked to be forgotten";
  const ready = notify.filter(isChannel).filter((channel) => channels.has(channel));
  if (ready.length === 0)
    return `${UNREACHABLE}: accolade.yaml sets up none of the rule's channels (${notify.join(", ")})`;
  if (tried.size > 0 && ready.every((channel) => tried.has(channel)))
    return "nobody was told: every channel of the rule failed";
  const refused = [...allowed.values()].flatMap((answer) => ("refused" in answer ? [answer.words] : []));
  if (refused.length > 0) {
    const others = tried.size > 0 ? "; the other channels failed" : "";
    return `${NOT_WANTED}: ${[...new Set(refused)].join("; ")}${others}. The reward stays on their page`;
  }
  const lacks = ready
    .filter((channel) => !tried.has(channel))
    .map((channel) => (channel === "email" ? "email address" : "phone number"));
  return `${UNREACHABLE}: no ${[...new Set(lacks)].join(" and no ")} is known of ${recipient.kind === "rep" ? "this rep" : "this customer"}`;
};
