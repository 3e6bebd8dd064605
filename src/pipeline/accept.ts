/**
 * Step 1. Raw bytes → verified by the connector → one `inbox` row → an answer. Nothing else happens on the request, and
 * the answer is given only after the row is committed.
 */
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import type { RawRequest, Verified } from "../../connectors/connector.ts";
import { within } from "../within.ts";
import type { Corridor } from "./corridor.ts";

export type Accepted =
  | { status: number; contentType: string; body: string }
  | { refused: 400 | 401 | 404; reason: string }
  /** The database cannot be written now: the CRM is asked to send it again. */
  | { away: true };

interface Waiting {
  connection: string;
  delivery: Verified;
  receivedAt: Date;
  stored: (error?: unknown) => void;
}

const deflate = promisify(deflateRaw);
const MOST_IN_ONE_COMMIT = 500;
/** A database that hangs is as good as away: HubSpot waits 5 s for its answer, and sends again what got a 503. */
const STORED_WITHIN_MS = 4_000;
/** Bodies that wait for their commit are held in memory: beyond this the database is too slow for what comes in. */
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/**
 * Takes requests for `/webhooks/{connection}`. `ring` is called when rows were committed. Requests that arrive while a
 * commit is under way share the next one.
 */
export const createAccept = (
  { database, connections, log, now }: Pick<Corridor, "database" | "connections" | "log" | "now">,
  ring: () => void,
): ((connectionId: string, request: RawRequest) => Promise<Accepted>) => {
  let waiting: Waiting[] = [];
  let storing = false;
  let held = 0;

  const storeAll = async () => {
    if (storing) return;
    storing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_IN_ONE_COMMIT);
      waiting = waiting.slice(MOST_IN_ONE_COMMIT);
      try {
        const bodies = await Promise.all(batch.map(({ delivery }) => deflate(delivery.body)));
        const insert = () =>
          database.run(
            `insert into inbox (connection, format, body, received_at)
           select * from unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])`,
            [
              batch.map((each) => each.connection),
              batch.map((each) => each.delivery.format),
              bodies,
              batch.map((each) => each.receivedAt),
            ],
          );
        await within(STORED_WITHIN_MS, "storing deliveries", insert);
        for (const each of batch) each.stored();
      } catch (error) {
        for (const each of batch) each.stored(error ?? new Error("not stored"));
      }
    }
    storing = false;
  };

  return async (connectionId, request) => {
    const open = connections.get(connectionId);
    if (!open) return { refused: 404, reason: "unknown_connection" };
    const receivedAt = now();
    const verified = open.verify(request, receivedAt);
    if ("refused" in verified) return verified;
    const size = verified.body.length;
    if (held + size > MOST_HELD_BYTES) {
      log.seldom("held", "not stored", {
        connection: connectionId,
        detail: "the database is slower than what comes in",
      });
      return { away: true };
    }
    held += size;
    const error = await new Promise<unknown>((resolve) => {
      waiting.push({ connection: connectionId, delivery: verified, receivedAt, stored: resolve });
      void storeAll();
    });
    held -= size;
    if (error !== undefined) {
      log.seldom("inbox", "not stored", { connection: connectionId, error });
      return { away: true };
    }
    ring();
    return open.answer(verified);
  };
};
