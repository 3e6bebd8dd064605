/** Whether somebody may be told something, from everything that was said about it. Issuing a reward never asks. */
import type { Sql } from "../db/sql.ts";
import type { Sealer } from "../sealer.ts";
import { type Worded, worded, wording } from "../wordings.ts";
import { addressDigest } from "./address-digest.ts";
import { type ConsentSource, type ConsentStatus, recordSources } from "./consent.ts";

/** So many failures for now, within so long, and an address is not used until some of them are longer ago. */
export const MOST_SOFT_BOUNCES = 3;
export const SOFT_BOUNCE_DAYS = 30;

/**
 * Why somebody must not be told. `address`: it does not work, and nobody can change that by wanting; all else is what they
 * said, and they can say something else. In a sentence after "not told: ", for who looks after the workspace.
 */
export interface Refused extends Worded {
  refused: "erased" | "suppressed" | "channel" | "category" | "address" | "not_agreed";
}
export type MayTell = { allowed: true } | Refused;

interface Asked {
  recipient: { id: string; erased_at: Date | null };
  /** By channel, the address that would be written to. Only these channels are asked about. */
  addresses: ReadonlyMap<string, string>;
  category: string;
  at: Date;
  /** Channels on which only people are written to who agreed. */
  agreedOnly: ReadonlySet<string>;
}

interface Said {
  channel: string;
  category: string;
  status: ConsentStatus;
  source: ConsentSource;
  at: Date;
  address_digest: string | null;
}

/** For each of these channels, whether a message of this kind may go to this person. */
export const mayTell = async (sql: Sql, sealer: Sealer, asked: Asked): Promise<ReadonlyMap<string, MayTell>> => {
  const { recipient, addresses, category, at, agreedOnly } = asked;
  if (recipient.erased_at)
    return new Map(
      [...addresses.keys()].map((channel) => [channel, { refused: "erased", ...worded(wording("forgotten")) }]),
    );
  if (addresses.size === 0) return new Map();
  const digests = new Map([...addresses].map(([channel, address]) => [channel, addressDigest(sealer, address)]));
  const said = await sql.rows<Said>(
    `select channel, category, status, source, at, address_digest from consents
     where (recipient_id = $1 or address_digest = any ($2)) and category in ('all', $3) and (until is null or until > $4)
     order by at desc, status desc, source, id`,
    [recipient.id, [...new Set(digests.values())], category, at],
  );
  return new Map(
    [...digests].map(([channel, digest]) => [
      channel,
      judge(
        channel,
        said.filter(
          (each) =>
            (each.channel === "all" || each.channel === channel) &&
            (each.address_digest === null || each.address_digest === digest),
        ),
        agreedOnly.has(channel),
      ),
    ]),
  );
};

/** Who writes from an address has it, whatever bounced; a mail that arrives ends only what was for a while. */
const worksAgain = (later: Said, { source }: Said) =>
  source === "soft-bounce" || (source === "bounce" && later.source === "heard");
const isOfRecords = ({ source }: Said) => recordSources.includes(source);

/** Whether what was said before is over by this: the order in which it arrived here does not matter. */
const ends = (later: Said, before: Said): boolean => {
  if (later.at <= before.at) return false;
  if (later.status === "works") return worksAgain(later, before);
  return later.status === "in" && (!isOfRecords(later) || isOfRecords(before));
};

/** `said`: the newest first. What stands is what nothing later ended. */
const judge = (channel: string, said: readonly Said[], agreedOnly: boolean): MayTell => {
  const standing = said.filter((each) => !said.some((later) => ends(later, each)));
  const soft = standing.filter(({ status }) => status === "fails");
  const closed =
    standing.find(({ source }) => source === "erased") ??
    standing.find(({ source }) => source === "complaint") ??
    standing.find(({ status }) => status === "out") ??
    (soft.length >= MOST_SOFT_BOUNCES ? soft.at(-1) : undefined);
  if (closed) return refusal(channel, closed, soft.length);
  if (agreedOnly && !said.some(({ status }) => status === "in"))
    return { refused: "not_agreed", ...worded(wording("not_agreed", { channel })) };
  return { allowed: true };
};

const refusal = (channel: string, { source, category, channel: left, at: since }: Said, softly: number): Refused => {
  const at = since.toISOString().slice(0, 10);
  switch (source) {
    case "erased":
      return { refused: "suppressed", ...worded(wording("belongs_to_forgotten")) };
    case "complaint":
      return { refused: "suppressed", ...worded(wording("reported", { channel, at })) };
    case "bounce":
      return { refused: "address", ...worded(wording("bounced", { channel, at })) };
    case "soft-bounce":
      return { refused: "address", ...worded(wording("bounced_softly", { channel, times: String(softly), at })) };
    default:
      if (category !== "all")
        return { refused: "category", ...worded(wording("wants_none_of_kind", { channel, source, at })) };
      return left === "all"
        ? { refused: "channel", ...worded(wording("wants_none", { source, at })) }
        : { refused: "channel", ...worded(wording("wants_none_by", { channel: left, source, at })) };
  }
};
