/**
 * The kill switch. While a pause is in force, no order, look-up or message of its scope is started; deciding goes on.
 * Whoever starts a call asks in the transaction that records its attempt, so that none is started after the pause was
 * committed. A call that was started before is not called back.
 */
import type { Sql } from "../db/sql.ts";
import { type Worded, type Wording, wording } from "../wordings.ts";

/** Everything, one provider of accolade.yaml, one channel, or one vendor on every channel that it carries. */
export type PauseScope = "all" | `provider:${string}` | `channel:${string}` | `sender:${string}`;

export interface Pause {
  scope: PauseScope;
  since: Date;
  /** Who paused; `brake` where the velocity brake did. */
  by: string;
  why: string;
}

/** What waits because of a pause begins with this; the sweeper looks for it. */
export const PAUSED = "paused";

/** How far ahead something that meets a pause is put: its end wakes it long before. */
export const PAUSED_MS = 3_600_000;

const LOCK = 4_102_025;

/**
 * Pauses from the moment in which the transaction commits, and waits for those that are just starting a call. One pause
 * for a scope at a time: where there is one already, it stays as it is and is returned.
 */
export const pauseSending = async (tx: Sql, pause: Pause): Promise<{ pause: Pause; already: boolean }> => {
  await tx.run("select pg_advisory_xact_lock($1)", [LOCK]);
  const made = await tx.run(
    `insert into pauses (scope, since, paused_by, why) values ($1, $2, $3, $4) on conflict (scope) where resumed_at is null do nothing`,
    [pause.scope, pause.since, pause.by, pause.why],
  );
  const [inForce] = made === 0 ? await tx.rows<Pause>(`${IN_FORCE} and scope = $1`, [pause.scope]) : [pause];
  return { pause: inForce ?? pause, already: made === 0 };
};

/** Ends the pause of one scope, or every one, once the transaction commits. What waited goes on with the next sweep. */
export const resumeSending = async (
  tx: Sql,
  { scope, by, at }: { scope?: PauseScope; by: string; at: Date },
): Promise<Pause[]> => {
  // those who saw the pause have put their row ahead before this: the sweep finds them all
  await tx.run("select pg_advisory_xact_lock($1)", [LOCK]);
  return tx.rows<Pause>(
    `update pauses set resumed_at = $2, resumed_by = $3 where resumed_at is null and ($1::text is null or scope = $1)
     returning scope, since, paused_by as "by", why`,
    [scope ?? null, at, by],
  );
};

/** The pauses in force, oldest first. */
export const pausesInForce = (sql: Sql): Promise<Pause[]> => sql.rows<Pause>(`${IN_FORCE} order by id`);

const IN_FORCE = 'select scope, since, paused_by as "by", why from pauses where resumed_at is null';

/**
 * Why nothing may be sent to this provider, or over this channel or its sender, in words that begin with `PAUSED`; undefined where it may. Until
 * the transaction ends, nobody can pause: ask last, with every row that you change already locked.
 */
export const pausedFor = async (tx: Sql, ...scopes: PauseScope[]): Promise<Worded | undefined> => {
  // a statement of its own: the next one must see what was committed while this one waited
  await tx.run("select pg_advisory_xact_lock_shared($1)", [LOCK]);
  const [pause] = await tx.rows<Pause>(`${IN_FORCE} and scope = any ($1) order by id limit 1`, [["all", ...scopes]]);
  return pause && { words: pauseInWords(pause), wording: pauseWording(pause) };
};

const pauseWording = ({ scope, since, by, why }: Pause): Wording => {
  const at = since.toISOString().slice(0, 16).replace("T", " ");
  return scope === "all"
    ? wording("paused_all", { at, by, why })
    : wording("paused", { what: scope.replace(":", " "), at, by, why });
};

/** `paused since 2026-11-25 10:04 UTC by anna: the vendor asked us to; \`accolade resume\` lets it go on`. */
export const pauseInWords = ({ scope, since, by, why }: Pause): string => {
  const what = scope === "all" ? "" : ` (${scope.replace(":", " ")})`;
  const at = since.toISOString().slice(0, 16).replace("T", " ");
  return `${PAUSED}${what} since ${at} UTC by ${by === "brake" ? "the brake" : by}: ${why}; \`accolade resume\` lets it go on`;
};

/** What can be paused on its own: the providers, channels and senders that are set up. */
interface PausableParts {
  providers: ReadonlyMap<string, unknown>;
  channels: ReadonlyMap<string, { sender: string }>;
  celebrations: ReadonlyMap<string, { sender: string }>;
}

const sendersOf = ({ channels, celebrations }: PausableParts) => [
  ...new Set([...channels.values(), ...celebrations.values()].map(({ sender }) => sender)),
];

/** Every scope that `readPauseScope` takes, in words. */
export const pauseScopes = (known: PausableParts): string[] => [
  "all",
  ...[...known.providers.keys()].map((id) => `provider ${id}`),
  ...[...known.channels.keys()].map((name) => `channel ${name}`),
  ...sendersOf(known).map((id) => `sender ${id}`),
];

/** `all`, `provider cards` or `provider:cards`, `channel email`, `sender twilio`; undefined for anything that is not set up. */
export const readPauseScope = (text: string, known: PausableParts): PauseScope | undefined => {
  const [, kind = "", name = ""] = /^(all|provider|channel|sender)(?:[ :]+(.+))?$/.exec(text.trim()) ?? [];
  if (kind === "all") return name === "" ? "all" : undefined;
  if (kind === "provider") return known.providers.has(name) ? `provider:${name}` : undefined;
  if (kind === "sender") return sendersOf(known).includes(name) ? `sender:${name}` : undefined;
  return kind === "channel" && known.channels.has(name) ? `channel:${name}` : undefined;
};
