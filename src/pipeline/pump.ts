/** Drives steps 2 and 3: whenever deliveries were accepted, and once in a while for what became due meanwhile. */
import type { Reader, TokenVault } from "../../connectors/connector.ts";
import { readWaiting } from "./complete-read.ts";
import { tokenVault } from "./complete-tokens.ts";
import type { Corridor } from "./corridor.ts";
import { decideWaiting } from "./decide.ts";
import { decideTurns } from "./decide-turns.ts";
import { releaseWaiting } from "./release.ts";
import { createTurnWatch } from "./window-turns.ts";

export interface Pump {
  /** There is something to do, as far as the caller knows. */
  wake(): void;
  /** Works until nothing is due. For commands and tests. */
  drain(): Promise<void>;
  /** Finishes the batch at hand and stops. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 500;
const PAUSE_AFTER_TROUBLE_MS = 1_000;
const RELEASE_AT_LEAST_EVERY_MS = 2_000;

export const createPump = (corridor: Corridor): Pump => {
  const readers = new Map<string, Reader>();
  for (const [id, connection] of corridor.connections) {
    const tokens: TokenVault = tokenVault(corridor, id);
    const reader = connection.reader({ connection: id, tokens, now: corridor.now });
    if (reader) readers.set(id, reader);
  }
  const noticeTurns = createTurnWatch(corridor);
  let stopped = false;
  let round: Promise<void> | undefined;
  let again = false;
  /** When it was last looked for what waits for time or money. */
  let lookedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const once = async (): Promise<number> => {
    // one moment for both: nothing is released at the end of a window that nobody noticed
    const now = corridor.now();
    await noticeTurns(now);
    const told = await decideWaiting(corridor);
    let done = told.deliveries;
    const reads = await Promise.all([...readers].map(([id, reader]) => readWaiting(corridor, id, reader)));
    for (const read of reads) done += read;
    const turned = await decideTurns(corridor);
    const events = told.events + turned.events;
    const granted = [...told.granted, ...turned.granted];
    // what is to be decided may undo what is to be released; under steady load there is never nothing to decide
    const look = done + events === 0 || performance.now() - lookedAt > RELEASE_AT_LEAST_EVERY_MS;
    if (look) lookedAt = performance.now();
    const released = look ? await releaseWaiting(corridor, now) : [];
    // a queue that is away does not stop deciding: the sweeper rings later
    if (granted.length + released.length > 0)
      await corridor.doorbell
        .ring("fulfil", [...granted, ...released])
        .catch((error: unknown) => corridor.log.seldom("ring", "queue away", { error }));
    return done + events + released.length;
  };
  const drain = async () => {
    while (!stopped && (await once()) > 0);
  };
  const run = () => {
    clearTimeout(timer);
    round = (async () => {
      let pause = LOOK_EVERY_MS;
      try {
        do {
          again = false;
          await drain();
        } while (again && !stopped);
      } catch (error) {
        corridor.log.seldom("pump", "deciding interrupted", { error });
        pause = PAUSE_AFTER_TROUBLE_MS;
      }
      round = undefined;
      if (!stopped) timer = setTimeout(run, pause);
    })();
  };
  const wake = () => {
    if (stopped) return;
    if (round) again = true;
    else run();
  };
  return {
    wake,
    drain,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
};
