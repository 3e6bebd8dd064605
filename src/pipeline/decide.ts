/**
 * Step 3. Claims many events, those that have just arrived among them, and, in one transaction: keeps their facts, folds the
 * records they touch, reads off the milestones, asks the rules, writes grants and their postings, and marks the events decided.
 * No network and no wall clock in here: the same events give the same grants.
 */
import { isAway } from "../db/away.ts";
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import { forgetLateEvents } from "../records/fact-rows.ts";
import {
  type Arrived,
  keepArrived,
  NOTHING_ARRIVED,
  takeArrived,
  tellParked,
  unpackWaiting,
} from "./complete-unpack.ts";
import type { Corridor } from "./corridor.ts";
import type { Decided } from "./decide-book.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { decideTold } from "./decide-told.ts";
import { oneByOne } from "./one-by-one.ts";

interface EventRow {
  id: number;
  connection: string;
  facts: Fact[];
  received_at: Date;
}

const BATCH = 1_000;
const MOST_IN_A_DELIVERY = 1_000;

/** What was done in one round. */
export interface Round extends Decided {
  /** Deliveries that were unpacked: those that said nothing new are news of no event. */
  deliveries: number;
}

/**
 * Decides what is ready, oldest first, and what has just arrived: a delivery that needs no read becomes events and grants in one
 * transaction. An event that fails whatever is done does not hold up the others: it is parked.
 */
export const decideWaiting = async (corridor: Corridor): Promise<Round> => {
  try {
    return await decideOnce(corridor, BATCH);
  } catch (error) {
    if (isAway(error)) throw error;
    corridor.log.error("decide failed", { error });
  }
  // what arrived is kept as events first: they are decided one by one, and one that never will be is seen as what it is
  const deliveries = await unpackWaiting(corridor);
  const granted: string[] = [];
  const events = await oneByOne(
    corridor,
    "select id from events where state = 'ready' order by id limit $1",
    async (id) => granted.push(...(await decideOnce(corridor, 1, id)).granted),
    "update events set state = 'parked', reason = $2 where id = $1",
  );
  return { deliveries, events, granted };
};

const decideOnce = async (corridor: Corridor, most: number, only: number | null = null): Promise<Round> => {
  const started = performance.now();
  const { arrived, decided } = await corridor.database.transaction(async (tx) => {
    // unpacked before it is our turn: others decide meanwhile
    const arrived = only === null ? await takeArrived(corridor, tx) : NOTHING_ARRIVED;
    await takeDecidingLock(tx);
    return { arrived, decided: await decideBatch(corridor, tx, { arrived, most, only }) };
  });
  tellParked(corridor, arrived);
  if (decided.events > 0) {
    const ms = performance.now() - started;
    corridor.telemetry.stepTook("decide", ms);
    corridor.log.step("decided", { events: decided.events, grants: decided.granted.length, ms: Math.round(ms) });
    await logGrants(corridor, decided.granted);
  }
  return { ...decided, deliveries: arrived.deliveries.length };
};

/** One line for each grant, with the number of the event that `rules explain` takes. */
export const logGrants = async ({ database, log }: Corridor, granted: readonly string[]) => {
  if (granted.length === 0) return;
  const rows = await database.rows<{
    grant: string;
    rule: string;
    milestone: string;
    connection: string;
    event: number;
  }>(
    `select g.id as "grant", g.rule_id as rule, m.type as milestone, m.connection, m.event_id as event
     from grants g join milestones m on m.id = g.milestone_id where g.id = any ($1) order by m.event_id, g.rule_id`,
    [granted],
  );
  for (const row of rows) log.step("granted", row);
};

/** What arrived, and which of the events that are ready: at most `most` and the rest of their deliveries; `only` one. */
interface Batch {
  arrived: Arrived;
  most: number;
  only: number | null;
}

/** The caller holds the deciding lock. */
const decideBatch = async (corridor: Corridor, tx: Sql, { arrived, most, only }: Batch): Promise<Decided> => {
  // a delivery is decided as a whole: half of what one save changed must not be rewarded before the other half is seen
  const events = await tx.rows<EventRow>(
    `with first as (
       select id, inbox_id from events where state = 'ready' and ($3::bigint is null or id = $3) order by id limit $1)
     select id, connection, facts, received_at from events
     where state = 'ready' and ($3::bigint is null or id = $3)
       and id <= (select max(id) from first) + $2 and inbox_id in (select inbox_id from first)
     order by id for update skip locked`,
    [most, MOST_IN_A_DELIVERY, only],
  );
  const told = [
    ...events.map(({ received_at: receivedAt, ...event }) => ({ ...event, receivedAt })),
    ...(await keepArrived(corridor, tx, arrived, "decided")),
  ];
  const [decided] = await decideTold([{ corridor, tx, nearMisses: true }], told, { again: only === null, sums: true });
  if (told.length > 0)
    await forgetLateEvents(
      tx,
      told.map(({ id }) => id),
    );
  if (events.length > 0)
    await tx.run("update events set state = 'decided', reason = null, facts = '[]' where id = any ($1)", [
      events.map(({ id }) => id),
    ]);
  return decided;
};
