/**
 * Sends a story as CRMs do: several requests at once, some events twice, each record's saves in their order, and every
 * request again until it was answered with 2xx. What was answered so is never sent again, except for the few that every
 * CRM sends twice: if it is lost, it stays lost, and the comparison shows it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Dialect, MOST_EVENTS, type WireEvent } from "../../src/simulate/dialect.ts";
import { createRandom, type Random } from "../../src/simulate/random.ts";
import { PUBLIC_URL } from "./files.ts";
import type { Story } from "./story.ts";

export interface Carried {
  requests: number;
  /** Requests that were sent once more, because nobody answered or somebody put them off. */
  again: number;
  /** Answers by status; 0: none. */
  answers: Map<number, number>;
  /** What was never taken, in words. Empty: everything was. */
  refused: string[];
}

export interface Courier {
  /** Whether deals still come in. */
  working(): boolean;
  done: Promise<Carried>;
}

const LANES = 2;
const SIZES = [1, 2, 4, 8, 20] as const;
const TWICE = 0.05;
const ANSWER_WITHIN_MS = 3_000;
const AGAIN_AFTER_MS = 100;
const PATIENCE_MS = 300_000;

/** `doors`: where webhooks are taken now; asked before each request. `over`: the run has ended, however it did. */
export const sendStory = (
  { dialects, saves }: Story,
  { seed, lastsMs, doors, over }: { seed: string; lastsMs: number; doors: () => readonly string[]; over: AbortSignal },
): Courier => {
  const carried: Carried = { requests: 0, again: 0, answers: new Map(), refused: [] };
  let working = true;
  const lanes = [...dialects].flatMap(([connection, dialect]) => {
    const own = saves.filter(([first]) => first?.record.connection === connection);
    const place = new Map<string, number>();
    for (const [first] of own) if (first && !place.has(first.record.id)) place.set(first.record.id, place.size % LANES);
    return Array.from({ length: LANES }, (_, lane) => ({
      connection,
      dialect,
      random: createRandom(`${seed} ${connection} ${lane}`),
      saves: own.filter(([first]) => first && place.get(first.record.id) === lane),
    }));
  });
  const done = Promise.all(lanes.map((lane) => drive(lane, { lastsMs, doors, over, carried }))).then(() => {
    working = false;
    return carried;
  });
  return { working: () => working, done };
};

interface Round {
  doors: () => readonly string[];
  over: AbortSignal;
  carried: Carried;
}

interface Lane {
  connection: string;
  dialect: Dialect;
  random: Random;
  saves: readonly (readonly WireEvent[])[];
}

const drive = async (
  { connection, dialect, random, saves }: Lane,
  { lastsMs, ...round }: { lastsMs: number } & Round,
) => {
  const began = performance.now();
  let repeated: WireEvent[] = [];
  for (let next = 0; next < saves.length; ) {
    const batch: WireEvent[] = [];
    for (const size = random.pick(SIZES); next < saves.length && batch.length < size; next++)
      batch.push(...(saves[next] ?? []));
    const all = random.shuffled([...batch, ...repeated].slice(0, MOST_EVENTS));
    repeated = batch.filter(() => random.chance(TWICE));
    // spread over the time that there is
    const due = (lastsMs * next) / saves.length + random.between(-50, 50);
    await sleep(Math.max(0, began + due - performance.now()));
    await untilTaken(connection, dialect, all, round);
  }
};

const untilTaken = async (
  connection: string,
  dialect: Dialect,
  events: readonly WireEvent[],
  { doors, over, carried }: Round,
) => {
  const path = `/webhooks/${connection}${dialect.path}`;
  const began = performance.now();
  carried.requests += 1;
  for (let attempt = 0; ; attempt++) {
    const open = doors();
    const door = open[(carried.requests + attempt) % open.length];
    const { headers, body } = dialect.pack(
      events.map((event) => ({ event, attempt })),
      PUBLIC_URL + path,
      new Date(),
    );
    const status = door === undefined ? 0 : await post(door + path, headers, body);
    carried.answers.set(status, (carried.answers.get(status) ?? 0) + 1);
    if (status >= 200 && status < 300) return;
    if (over.aborted || performance.now() - began > PATIENCE_MS) {
      carried.refused.push(`${events.length} events for ${connection}: the last answer was ${status || "none"}`);
      return;
    }
    carried.again += 1;
    await sleep(AGAIN_AFTER_MS);
  }
};

const post = (url: string, headers: Record<string, string>, body: string): Promise<number> =>
  fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
    async (answer) => {
      await answer.arrayBuffer().catch(() => {});
      return answer.status;
    },
    () => 0,
  );
