/**
 * Sends events as CRMs do: in requests of one to a hundred, in no order inside a request, some of them twice, some late,
 * several requests at once. What one save changed travels in one request, and what happened to one record goes out in the
 * order in which it was saved (unless it is late): the next request with something about it waits until the server has
 * answered for the last one.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Dialect, MOST_EVENTS, type ToSend, type WireEvent } from "./dialect.ts";
import { post } from "./post.ts";
import type { Random } from "./random.ts";

export interface Delivery {
  random: Random;
  /** The events of each save, in the order in which they are told. */
  saves: readonly (readonly WireEvent[])[];
  dialects: ReadonlyMap<string, Dialect>;
  /** Where the server is, and the address that it believes to have: the one that signatures cover. No slash at the end. */
  url: string;
  signedUrl: string;
  /** Events in a second; 0: as fast as they are taken. */
  rate: number;
  concurrency: number;
  /** So many more events were taken. */
  onSent(events: number): void;
}

export interface Delivered {
  requests: number;
  events: number;
  /** Events that were sent once more in another request. */
  twice: number;
  /** Requests that the server put off, and that were sent again. */
  putOff: number;
  ms: number;
  /** The first answer that ended it: a status, or undefined where nobody answered. */
  refused?: { connection: string; status: number | undefined };
}

const TWICE = 0.05;
const PATIENCE_MS = 120_000;
/** Real batches are mostly small, and full in a rush. */
const SIZES = [1, 1, 2, 3, 5, 10, 25, 60, MOST_EVENTS] as const;

export const deliver = async (delivery: Delivery): Promise<Delivered> => {
  const started = performance.now();
  const done: Delivered = { requests: 0, events: 0, twice: 0, putOff: 0, ms: 0 };
  const pace = pacer(delivery.rate);
  const lanes = lanesOf(delivery);
  await Promise.all(lanes.map((lane) => drive(delivery, lane, done, pace)));
  return { ...done, ms: performance.now() - started };
};

interface Lane {
  connection: string;
  dialect: Dialect;
  saves: (readonly WireEvent[])[];
}

/** Everything about one record travels in one lane. */
const lanesOf = ({ saves, dialects, concurrency }: Delivery): Lane[] => {
  const each = Math.max(1, Math.floor(concurrency / Math.max(1, dialects.size)));
  const lanes = new Map<string, Lane[]>();
  for (const [connection, dialect] of dialects)
    lanes.set(
      connection,
      Array.from({ length: each }, () => ({ connection, dialect, saves: [] })),
    );
  const laneOf = new Map<string, number>();
  for (const save of saves) {
    const { connection, id } = save[0]?.record ?? { connection: "", id: "" };
    const key = `${connection}/${id}`;
    const lane = laneOf.get(key) ?? laneOf.size % each;
    laneOf.set(key, lane);
    lanes.get(connection)?.[lane]?.saves.push(save);
  }
  return [...lanes.values()].flat().filter((lane) => lane.saves.length > 0);
};

const drive = async (delivery: Delivery, lane: Lane, done: Delivered, pace: (events: number) => Promise<void>) => {
  const { random } = delivery;
  let again: ToSend[] = [];
  for (let next = 0; (next < lane.saves.length || again.length > 0) && !done.refused; ) {
    const saves = firstSaves(lane.saves, next, random.pick(SIZES));
    next += saves.length;
    const fresh = saves.flat().map((event) => ({ event, attempt: 0 }));
    const repeated = again.slice(0, MOST_EVENTS - fresh.length);
    again = [
      ...again.slice(repeated.length),
      ...fresh.filter(() => random.chance(TWICE)).map(({ event, attempt }) => ({ event, attempt: attempt + 1 })),
    ];
    if (fresh.length + repeated.length === 0) continue;
    await pace(fresh.length);
    const sent = random.shuffled([...fresh, ...repeated]);
    const path = `/webhooks/${lane.connection}${lane.dialect.path}`;
    const pack = (attempt: number) =>
      lane.dialect.pack(
        sent.map((each) => ({ ...each, attempt: each.attempt + attempt })),
        delivery.signedUrl + path,
        new Date(),
      );
    const posted = await post(delivery.url + path, pack, PATIENCE_MS, sleep);
    done.putOff += posted.again;
    if (!posted.taken) {
      done.refused ??= { connection: lane.connection, status: posted.status };
      return;
    }
    done.requests += 1;
    done.events += fresh.length;
    done.twice += repeated.length;
    delivery.onSent(fresh.length);
  }
};

/** The next saves with about so many events, and never more than fit into a request. */
const firstSaves = (saves: readonly (readonly WireEvent[])[], from: number, size: number) => {
  let to = from;
  for (let events = 0; to < saves.length; to++) {
    events += saves[to]?.length ?? 0;
    if (to > from && events > size) break;
  }
  return saves.slice(from, to);
};

/** Lets so many events go in a second, over all lanes. */
const pacer = (rate: number) => {
  let free = performance.now();
  return async (events: number) => {
    if (rate <= 0) return;
    const now = performance.now();
    const mine = Math.max(free, now);
    free = mine + (events / rate) * 1000;
    if (mine > now) await sleep(mine - now);
  };
};
