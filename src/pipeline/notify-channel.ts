/** Chooses the channel for a grant: the first that the rule names, that is set up, that has an address and was not tried. */
import { type ChannelName, channelNames, type MessageKind } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { type MayTell, mayTell } from "../people/may-tell.ts";
import type { Recipient } from "../people/recipients.ts";
import { inWords, keptWording, type Worded, type Wording, worded, wording } from "../wordings.ts";
import type { Corridor } from "./corridor.ts";
import type { GrantView } from "./grant-view.ts";
import { pauseAfter } from "./pause-after.ts";

/** The address of somebody on a channel; null where there is none. Slack and Teams know people by their email address. */
export const addressOn = (
  channel: ChannelName,
  recipient: Pick<GrantView["recipient"], "id" | "email" | "phone" | "has_device">,
): string | null => {
  if (channel === "push") return recipient.has_device ? recipient.id : null;
  return channel === "sms" || channel === "whatsapp" ? recipient.phone : recipient.email;
};

/** What is missing where there is no address. */
export const addressWords = (channel: ChannelName): string => inWords(wording(lackOf(channel)));

const lackOf = (channel: ChannelName) => {
  if (channel === "push") return "device";
  return channel === "sms" || channel === "whatsapp" ? "phone_number" : "email_address";
};

export const isChannel = (name: string): name is ChannelName => channelNames.some((channel) => channel === name);

/** What there is to tell of a grant in this state; undefined where nothing. */
export const kindOf = (state: string): MessageKind | undefined =>
  state === "issued" ? "reward" : state === "declined" || state === "expired" ? state : undefined;

interface Next {
  channel: ChannelName | undefined;
  tried: ReadonlySet<string>;
  refused: ReadonlyMap<ChannelName, NotTold>;
}

/** The first channel of the rule that is set up, has an address and was not tried for this telling; and those that were. */
export const nextChannel = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  { kind }: { kind: MessageKind },
): Promise<Next> => {
  const before = await tx.rows<{ channel: string }>(
    "select channel from messages where grant_id = $1 and kind = $2 and round = $3",
    [grant.id, kind, grant.round],
  );
  const tried = new Set(before.map((row) => row.channel));
  const open = inOrderOf(grant.recipient, grant.notify.filter(isChannel)).filter(
    (channel) => corridor.channels.has(channel) && !tried.has(channel),
  );
  const refused = await refusedBy(corridor, tx, grant, open, kind);
  const channel = open.find((each) => addressOn(each, grant.recipient) !== null && !refused.has(each));
  return { channel, tried, refused };
};

/**
 * Writes the next message of this kind as a row and returns its id. Where nobody can be told, the grant says why: a
 * message that was refused for something that an admin can mend is taken up again, and otherwise the sweeper looks again
 * when an address appears.
 */
export const queueMessage = async (
  corridor: Corridor,
  tx: Sql,
  grant: GrantView,
  kind: MessageKind = "reward",
): Promise<string | undefined> => {
  const { channel, tried, refused } = await nextChannel(corridor, tx, grant, { kind });
  if (!channel || grant.recipient.erased_at) {
    const kept = grant.recipient.erased_at ? undefined : await takeUpAgain(corridor, tx, grant, kind);
    // an address that is there and must not be used would be found again every second
    const again = refused.size > 0 ? new Date(corridor.now().getTime() + LOOK_AGAIN_MS) : "-infinity";
    const why = kept
      ? { words: `${NOT_TOLD_YET}: ${kept}`, wording: wording("not_told_yet", { why: kept }) }
      : whyNot(corridor, grant, tried, refused);
    await tx.run("update grants set waiting = $2, reach_at = $3, waiting_wording = $4 where id = $1", [
      grant.id,
      why.words,
      again,
      keptWording(why),
    ]);
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

/** Starts like this where a message waits for an admin to mend its sender. */
export const NOT_TOLD_YET = "not told yet";

/** The oldest message that an admin can mend waits again, for longer each time. Gives its reason. */
const takeUpAgain = async ({ now }: Corridor, tx: Sql, grant: GrantView, kind: MessageKind) => {
  const message = await tx.row<{ id: string; reason: string | null; tries: number }>(
    `select id, reason, (select count(*)::int from attempts a where a.message_id = m.id) as tries from messages m
     where grant_id = $1 and kind = $2 and round = $3 and state = 'failed' and mendable order by created_at, id limit 1`,
    [grant.id, kind, grant.round],
  );
  if (!message) return undefined;
  await tx.run("update messages set state = 'queued', not_before = $2 where id = $1", [
    message.id,
    new Date(now().getTime() + pauseAfter(message.tries + 2)),
  ]);
  return message.reason ?? "its sender is not in order";
};

/** Why somebody must not be written to on a channel. `person`: it is what they said, and they can say something else. */
export interface NotTold extends Worded {
  by: "person" | "address";
}

/** Which of these channels this recipient must not be written to on: what they want, and what became of their addresses. */
export const refusedBy = async (
  corridor: Corridor,
  tx: Sql,
  { recipient }: Pick<GrantView, "recipient">,
  channels: readonly ChannelName[],
  kind: MessageKind,
): Promise<ReadonlyMap<ChannelName, NotTold>> => {
  const answers = await wishesOf(corridor, tx, recipient, channels, kind);
  return new Map(
    [...answers].flatMap(([channel, answer]) =>
      "refused" in answer
        ? [[channel, { ...answer, by: answer.refused === "address" ? "address" : "person" }] as const]
        : [],
    ),
  );
};

/** For each of these channels on which this recipient has an address: whether they may be told there. */
export const wishesOf = async (
  { sealer, now, channels: open }: Corridor,
  sql: Sql,
  recipient: GrantView["recipient"],
  channels: readonly ChannelName[],
  kind: MessageKind,
): Promise<ReadonlyMap<ChannelName, MayTell>> => {
  const addresses = channels.flatMap((channel) => {
    const address = addressOn(channel, recipient);
    return address === null ? [] : [[channel, address] as const];
  });
  const agreedOnly = new Set(channels.filter((channel) => open.get(channel)?.optIn === "required"));
  const asked = { recipient, addresses: new Map(addresses), category: kind, at: now(), agreedOnly };
  const answers = await mayTell(sql, sealer, asked);
  return new Map(addresses.map(([channel]) => [channel, answers.get(channel) ?? { allowed: true }]));
};

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
export const NOT_WANTED = "not told:";
/** How soon somebody who must not be written to is looked at again, should their address have changed. */
const LOOK_AGAIN_MS = 3_600_000;

const whyNot = (
  { channels }: Corridor,
  { recipient, notify }: GrantView,
  tried: ReadonlySet<string>,
  refused: ReadonlyMap<ChannelName, NotTold>,
): Worded => {
  if (recipient.erased_at) return worded(wording("forgotten"));
  const ready = notify.filter(isChannel).filter((channel) => channels.has(channel));
  if (ready.length === 0) return worded(wording("no_channel", { channels: notify.join(", ") }));
  if (tried.size > 0 && ready.every((channel) => tried.has(channel))) return worded(wording("all_failed"));
  const who = wording(recipient.kind === "rep" ? "this_rep" : "this_customer");
  const lacks = ready.filter((channel) => !tried.has(channel) && !refused.has(channel)).map(lackOf);
  const against = new Map([...refused.values()].map(({ words, wording: own }) => [words, own ?? []] as const));
  const why = [...against.values(), tried.size > 0 ? wording("others_failed") : []].flat();
  if ([...refused.values()].some(({ by }) => by === "person")) return worded(wording("not_wanted", { why }));
  const known = [...new Set(lacks)]
    .map((code) => wording(code))
    .reduce<Wording[]>(([first], second) => [first ? wording("and_no", { first, second }) : second], [])
    .map((none) => wording("none_known", { lacks: none, who }));
  if (refused.size === 0) return worded(wording("unreachable", { why: known }));
  return worded(wording("not_written", { who, why: [...why, ...known] }));
};
