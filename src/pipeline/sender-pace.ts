/**
 * How fast, and whether at all, messages go to a sender. All of it is in the sender's row, so that every worker and every
 * process keeps to it together. What may not go out now waits, and says why.
 */
import type { SendOutcome } from "../channels/channel.ts";
import type { Rate } from "../channels/rate.ts";
import type { Sql } from "../db/sql.ts";
import type { Rejection } from "../outcome.ts";
import type { Carrier } from "./corridor.ts";

/** What waits for a sender that is out of order begins with this; its repair looks for it. */
export const OUT_OF_ORDER = "out of order";
/** So many refusals in a row that an admin must mend take a sender out of order. */
const FAULTS = 5;
/** How long a probe may take before somebody else tries. */
const PROBE_LEASE_MS = 120_000;
const FIRST_PROBE_MS = 60_000;
const LONGEST_PROBE_MS = 15 * 60_000;
/** How far ahead is put what waits for a repair, which wakes it long before. */
const WAITS_MS = 3_600_000;

export type Turn =
  | { go: true; probe: boolean }
  /** `out`: the sender is out of order, so another channel would be quicker. */
  | { go: false; until: Date; why: string; out: boolean; turn: boolean };

type Named = Pick<Carrier, "channel" | "sender">;

interface SenderRow {
  quiet_until: Date | null;
  quiet_why: string | null;
  out_since: Date | null;
  out_why: string | null;
  probe_at: Date | null;
}

const later = (now: Date, ms: number) => new Date(now.getTime() + ms);
const clock = (at: Date) => `${at.toISOString().slice(11, 16)} UTC`;

/** Asks for a send that begins in this transaction. `hadTurn`: the message waited for its turn, and it has come. */
export const takeTurn = async (
  tx: Sql,
  open: Carrier,
  { recipientId, hadTurn }: { recipientId: string; hadTurn: boolean },
  now: Date,
): Promise<Turn> => {
  const key = [open.channel, open.sender];
  const row = await senderRow(tx, open, now);
  const wait = (until: Date, why: string, turn = false): Turn => ({ go: false, until, why, out: false, turn });
  if (row.quiet_until && row.quiet_until > now)
    return wait(row.quiet_until, `${open.sender} asked for patience until ${clock(row.quiet_until)}: ${row.quiet_why}`);
  const out = (): Turn => ({
    go: false,
    until: later(now, WAITS_MS),
    why: `${OUT_OF_ORDER} since ${row.out_since?.toISOString().slice(0, 16).replace("T", " ")} UTC: ${row.out_why}`,
    out: true,
    turn: false,
  });
  if (row.probe_at && row.probe_at > now) return out();
  const pair = await tx.row<{ until: Date; why: string }>(
    "select until, why from sender_pairs where channel = $1 and sender = $2 and recipient_id = $3 and until > $4",
    [...key, recipientId, now],
  );
  if (pair) return wait(pair.until, `${open.sender} asked for patience with this recipient: ${pair.why}`);
  if (open.rate) {
    const until = await turnFor(tx, open, open.rate, hadTurn, now);
    if (until) return wait(until, `waits for its turn: ${open.channel} goes out at ${open.rate.text}`, true);
  }
  if (!row.out_since) return { go: true, probe: false };
  const probe = await tx.run(
    "update senders set probe_at = $3 where channel = $1 and sender = $2 and out_since is not null and probe_at <= $4",
    [...key, later(now, PROBE_LEASE_MS), now],
  );
  return probe > 0 ? { go: true, probe: true } : out();
};

const senderRow = async (tx: Sql, { channel, sender }: Named, now: Date): Promise<SenderRow> => {
  const select =
    "select quiet_until, quiet_why, out_since, out_why, probe_at from senders where channel = $1 and sender = $2";
  const found = await tx.row<SenderRow>(select, [channel, sender]);
  if (found) return found;
  await tx.run(
    "insert into senders (channel, sender, filled_at, turn_at) values ($1, $2, $3, $3) on conflict do nothing",
    [channel, sender, now],
  );
  const made = await tx.row<SenderRow>(select, [channel, sender]);
  if (!made) throw new Error("the sender's row was not stored");
  return made;
};

/**
 * Takes one from the bucket, or says when to come back. Who comes for the first time queues up behind those who wait;
 * turns are as far apart as the bucket is filled, and one is taken only when the send begins, so that a worker that is
 * late wastes none and two that are early share none.
 */
const turnFor = async (
  tx: Sql,
  { channel, sender }: Named,
  { most, perSecond }: Rate,
  hadTurn: boolean,
  now: Date,
): Promise<Date | undefined> => {
  const filled =
    "least($3, coalesce(tokens, $3) + greatest(0, extract(epoch from ($5::timestamptz - filled_at))) * $4)";
  const taken = await tx.run(
    `update senders set tokens = ${filled} - 1, filled_at = greatest(filled_at, $5)
     where channel = $1 and sender = $2 and ${filled} >= 1 and ($6 or turn_at <= $5)`,
    [channel, sender, most, perSecond, now, hadTurn],
  );
  if (taken > 0) return undefined;
  const gapMs = Math.ceil(1_000 / perSecond);
  if (hadTurn) return later(now, gapMs);
  const row = await tx.row<{ turn_at: Date }>(
    `update senders set turn_at = greatest(turn_at, $3) + make_interval(secs => $4)
     where channel = $1 and sender = $2 returning turn_at`,
    [channel, sender, now, gapMs / 1_000],
  );
  return row?.turn_at ?? later(now, gapMs);
};

/** An admin can mend it: then the same message would be taken. */
export const isMendable = (kind: Rejection): boolean => kind === "configuration" || kind === "funds";

/** What became of the sender itself by an outcome; undefined where nothing did. To be told once. */
export type SenderNews = { what: "out"; why: string } | { what: "back" } | undefined;

/** Keeps what an outcome says of the sender, beyond the one message. In the transaction that stores the outcome. */
export const noteOutcome = async (
  tx: Sql,
  open: Named,
  { outcome, recipientId, probe }: { outcome: SendOutcome; recipientId: string; probe: boolean },
  now: Date,
): Promise<SenderNews> => {
  const key = [open.channel, open.sender];
  const again = () =>
    tx.run("update senders set probe_at = $3 where channel = $1 and sender = $2 and out_since is not null", [
      ...key,
      later(now, FIRST_PROBE_MS),
    ]);
  if (outcome.outcome === "retryLater") {
    const until = later(now, outcome.afterMs);
    if (outcome.of === "sender")
      await tx.run(
        `update senders set quiet_until = greatest(quiet_until, $3), quiet_why = $4 where channel = $1 and sender = $2`,
        [...key, until, outcome.detail],
      );
    if (outcome.of === "recipient")
      await tx.run(
        `insert into sender_pairs (channel, sender, recipient_id, until, why) values ($1, $2, $3, $4, $5)
         on conflict (channel, sender, recipient_id) do update set until = excluded.until, why = excluded.why`,
        [...key, recipientId, until, outcome.detail],
      );
    if (probe) await again();
    return undefined;
  }
  if (outcome.outcome === "unknown") {
    if (probe) await again();
    return undefined;
  }
  if (outcome.outcome === "rejected" && isMendable(outcome.kind))
    return noteFault(tx, key, { why: outcome.detail, probe }, now);
  // whatever else it answered, it knew us
  const mended = await tx.rows<{ out_since: Date | null }>(
    `with before as (select * from senders where channel = $1 and sender = $2 and (faults > 0 or out_since is not null) for update)
     update senders s set faults = 0, out_since = null, out_why = null, probe_at = null, probes = 0
     from before b where s.channel = b.channel and s.sender = b.sender returning b.out_since`,
    key,
  );
  if (!mended.some((row) => row.out_since)) return undefined;
  // a message that is being looked at is left alone: whoever looks waits for our row. What waits otherwise, the sweeper wakes
  await tx.run(
    `update messages set not_before = '-infinity' where id in (
       select id from messages where channel = $1 and state = 'queued' and mendable for update skip locked)`,
    [open.channel],
  );
  return { what: "back" };
};

const noteFault = async (
  tx: Sql,
  key: string[],
  { why, probe }: { why: string; probe: boolean },
  now: Date,
): Promise<SenderNews> => {
  await tx.run("update senders set faults = faults + 1 where channel = $1 and sender = $2", key);
  const opened = await tx.run(
    `update senders set out_since = $3, out_why = $4, probe_at = $5, probes = 0
     where channel = $1 and sender = $2 and out_since is null and faults >= $6`,
    [...key, now, why, later(now, FIRST_PROBE_MS), FAULTS],
  );
  if (opened > 0) return { what: "out", why };
  if (probe)
    await tx.run(
      `update senders set out_why = $3, probes = probes + 1,
         probe_at = $4::timestamptz + make_interval(secs => least($5, $6 * power(2, least(probes + 1, 20))))
       where channel = $1 and sender = $2 and out_since is not null`,
      [...key, why, now, LONGEST_PROBE_MS / 1_000, FIRST_PROBE_MS / 1_000],
    );
  return undefined;
};
