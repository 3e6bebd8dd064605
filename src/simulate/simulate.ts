/** Plays a quarter against a running server, and compares what came of it with what had to come of it. */
import type { Config } from "../config.ts";
import type { Fact } from "../events.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { type Delivered, deliver } from "./deliver.ts";
import { dialectsOf } from "./dialects.ts";
import { type ExpectedGrant, expectedGrants } from "./expected.ts";
import { type Compared, compare, grantsOf, messagesOf, rewardedOnce } from "./granted.ts";
import { createIds } from "./ids.ts";
import { playQuarter, type Told } from "./quarter.ts";
import { createRandom } from "./random.ts";
import { stockPool } from "./stock.ts";
import { factsOf, type StoryRecord } from "./story.ts";
import { type Backlog, isEmpty, untilWorkedOff } from "./worked-off.ts";

export interface SimulateOptions {
  /** Where the server is; no slash at the end. */
  url: string;
  /** The address that the server believes to have: what signatures cover. */
  signedUrl: string;
  events: number;
  seed: number;
  rate: number;
  concurrency: number;
  on: {
    planned(events: number, records: { deals: number; contacts: number }, leftOut: ReadonlyMap<string, string>): void;
    sent(events: number): void;
    waiting(backlog: Backlog): void;
  };
}

export interface Simulated {
  delivered: Delivered;
  compared: Compared;
  /** Of the expected grants, those of shadow rules. */
  shadow: number;
  grants: ReadonlyMap<string, number>;
  messages: ReadonlyMap<string, number>;
  /** Why grants wait, and how many for each reason. */
  waiting: ReadonlyMap<string, number>;
  /** What the server had not done when we stopped waiting. */
  left: Backlog;
  /** From the first request until everything was done. */
  ms: number;
}

/** A quarter lasts at least this long on the clock, so that two saves of one record never lie within the time of one save. */
const SHORTEST_QUARTER_MS = 90_000;
const PATIENCE_MS = 60_000;

/** Undefined: no connection can be played. Throws only where the database is away. */
export const simulate = async (
  corridor: Corridor,
  config: Config,
  options: SimulateOptions,
): Promise<Simulated | undefined> => {
  const { database } = corridor;
  const since = corridor.now();
  const run = `${options.seed}/${since.getTime()}`;
  const random = createRandom(String(options.seed));
  const { dialects, leftOut } = dialectsOf(config, createIds(run));
  if (dialects.size === 0) return undefined;

  const lasts = Math.max(SHORTEST_QUARTER_MS, options.rate > 0 ? (options.events / options.rate) * 1000 : 0);
  const told = playQuarter({
    random,
    events: options.events,
    dialects,
    reps: await repsOf(corridor, [...dialects.keys()]),
    currencies: Object.keys(corridor.workspace.rates),
    begins: beginOf(corridor, since.getTime() - lasts),
    lasts,
    now: since.getTime(),
  });
  const saves = told.map((each) => each.events);
  const facts = factsByRecord(told, (record) => dialects.get(record.connection)?.spread ?? false);
  const records = [...facts.keys()];
  const deals = records.filter((record) => record.kind === "deal").length;
  options.on.planned(saves.flat().length, { deals, contacts: records.length - deals }, leftOut);
  const expected = await expectedGrants(corridor, facts);
  if (config.sandbox) await stockFor(corridor, expected);

  const started = performance.now();
  const delivered = await deliver({ ...options, random, saves, dialects, onSent: options.on.sent });
  const left = await untilWorkedOff(database, since, {
    patienceMs: delivered.refused ? 5_000 : PATIENCE_MS,
    everyMs: 200,
    onLook: options.on.waiting,
  });
  const ms = performance.now() - started;

  const granted = await grantsOf(database, records);
  const onceRules = new Set(expected.filter((each) => each.oncePerRecipient).map((each) => each.ruleId));
  return {
    delivered,
    compared: compare(expected, granted, await rewardedOnce(database, [...onceRules])),
    shadow: expected.filter((each) => each.shadow).length,
    grants: countBy(granted, (grant) => grant.state),
    messages: await messagesOf(database, records),
    waiting: countBy(
      granted.filter((grant) => grant.waiting !== null),
      (grant) => grant.waiting ?? "",
    ),
    left,
    ms,
  };
};

/** Whether everything came as it had to. */
export const asExpected = ({ compared, left, delivered }: Simulated): boolean =>
  compared.missing.length + compared.extra.length + compared.otherValue.length === 0 &&
  isEmpty(left) &&
  delivered.refused === undefined;

/** A rule does not reward what happened before it was first loaded, so the quarter does not begin before. */
const beginOf = ({ rules }: Corridor, wanted: number): number =>
  Math.max(wanted, ...[...rules.current().firstActive.values()].map((instant) => Date.parse(instant) + 1_000));

/** CRM users that the workspace knows as people. */
const repsOf = async ({ database }: Corridor, connections: readonly string[]): Promise<Map<string, string[]>> => {
  const rows = await database.rows<{ connection: string; crm_id: string }>(
    `select i.connection, i.crm_id from recipient_ids i join recipients r on r.id = i.recipient_id
     where i.kind = 'user' and i.connection = any ($1) and r.erased_at is null and r.source = 'people.yaml'
     order by i.connection, i.crm_id`,
    [connections],
  );
  const byConnection = Map.groupBy(rows, (row) => row.connection);
  return new Map([...byConnection].map(([connection, found]) => [connection, found.map((row) => row.crm_id)]));
};

const factsByRecord = (told: readonly Told[], spread: (record: StoryRecord) => boolean) => {
  const facts = new Map<StoryRecord, Fact[]>();
  for (const { save } of told) {
    const known = facts.get(save.record) ?? [];
    facts.set(save.record, known);
    known.push(...factsOf(save, spread(save.record)));
  }
  return facts;
};

const stockFor = async (corridor: Corridor, expected: readonly ExpectedGrant[]) => {
  for (const [pool, count] of countBy(expected, (grant) => grant.pool))
    if (pool !== undefined) await stockPool(corridor, pool, count + 50);
};

const countBy = <T, K>(list: readonly T[], key: (each: T) => K): Map<K, number> =>
  new Map([...Map.groupBy(list, key)].map(([value, found]) => [value, found.length]));
