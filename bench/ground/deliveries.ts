/** Deliveries as rows: taken by the real server over HTTP once, and put into the inbox of whichever database is measured. */
import type { Database } from "../../src/db/sql.ts";
import { EVENTS_OF_A_DELIVERY } from "./deal-lives.ts";
import { load, taken } from "./load.ts";
import type { Ground } from "./postgres.ts";
import type { PackedRequest } from "./requests.ts";
import { startServer, writeFiles } from "./server.ts";
import { workspaceFiles } from "./workspace.ts";

export interface KeptDelivery {
  connection: string;
  format: string;
  body: Buffer;
  received_at: Date;
}

/** The real server, which takes webhooks and does nothing else with them. */
export interface Taker {
  /** Sends what `pack` makes for its address over loopback, each request once, and gives the rows that were committed. */
  take(pack: (url: string) => readonly PackedRequest[]): Promise<KeptDelivery[]>;
  stop(): Promise<void>;
}

export const startTaker = async (ground: Ground): Promise<Taker> => {
  const { url: databaseUrl, database } = await ground.database("taken");
  const folder = await writeFiles(ground.folder, workspaceFiles());
  const server = await startServer(folder, { DATABASE_URL: databaseUrl, ACCOLADE_ROLES: "ingress" });
  let last = 0;
  return {
    async take(pack) {
      const requests = pack(server.url);
      const seen = await load({ url: server.url, requests, connections: 16, ms: 120_000, once: true });
      const rows = await database.rows<KeptDelivery & { id: number }>(
        "select id, connection, format, body, received_at from inbox where id > $1 order by id",
        [last],
      );
      last = rows.at(-1)?.id ?? last;
      if (taken(seen) !== requests.length || rows.length !== requests.length)
        throw new Error(
          `${requests.length} deliveries were sent, ${JSON.stringify(seen.statuses)} answered, ${rows.length} kept`,
        );
      return rows;
    },
    stop: () => server.stop(),
  };
};

/** Puts them into an inbox, in one commit. */
export const queueDeliveries = (database: Database, deliveries: readonly KeptDelivery[]): Promise<number> =>
  database.run(
    `insert into inbox (connection, format, body, received_at)
     select * from unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])`,
    [
      deliveries.map(({ connection }) => connection),
      deliveries.map(({ format }) => format),
      deliveries.map(({ body }) => body),
      deliveries.map(({ received_at }) => received_at),
    ],
  );

export const eventsIn = (deliveries: readonly KeptDelivery[]): number => deliveries.length * EVENTS_OF_A_DELIVERY;
