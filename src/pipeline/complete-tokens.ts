/** OAuth tokens of a connection: sealed in a row, changed under one lock across processes. */
import type { TokenVault } from "../../connectors/connector.ts";
import type { Corridor } from "./corridor.ts";

export const tokenVault = (
  { database, sealer, now }: Pick<Corridor, "database" | "sealer" | "now">,
  connection: string,
): TokenVault => ({
  exclusively: (change) =>
    database.transaction(async (tx) => {
      await tx.run("select pg_advisory_xact_lock(hashtextextended($1, 4102))", [`token/${connection}`]);
      const row = await tx.row<{ sealed: Buffer }>("select sealed from connection_tokens where connection = $1", [
        connection,
      ]);
      const stored = row ? sealer.open(row.sealed, "token") : null;
      const next = await change(stored);
      if (next !== stored)
        await tx.run(
          `insert into connection_tokens (connection, sealed, updated_at) values ($1, $2, $3)
           on conflict (connection) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
          [connection, sealer.seal(next, "token"), now()],
        );
      return next;
    }),
});
