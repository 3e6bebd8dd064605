/**
 * The one door to PostgreSQL. Statements are written as SQL; sets travel as arrays through `unnest`, one statement per
 * table and batch. Rows come back as the caller declares them: the column names and types of `migrations/` are the truth.
 */
import pg from "pg";
import { arrayText } from "./array-text.ts";

// bigint arrives as text by default. Our ids and minor units stay far below 2^53, and anything beyond is refused, not rounded.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`);
  return value;
});
// dates stay calendar dates: turned into a Date they would shift with the machine's time zone
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** What a statement takes. No other objects: JSON is written by the caller, who knows whether it is meant as such. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null | undefined | readonly SqlValue[];

export interface Sql {
  /** Rows of one statement. `Row` is what the statement selects. */
  rows<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** The first row, or undefined. */
  row<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row | undefined>;
  /** How many rows a statement changed. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
}

export interface Database extends Sql {
  /** Runs `work` in one transaction, committed when it resolves and rolled back when it throws. Repeated on a deadlock. */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const written = (values: readonly SqlValue[]): unknown[] =>
  values.map((value) => (Array.isArray(value) ? (arrayText(value) ?? value) : value));

const over = (client: { query: pg.Pool["query"] }): Sql => ({
  async rows<Row extends object>(text: string, values: readonly SqlValue[] = []) {
    return (await client.query<Row>(text, written(values))).rows;
  },
  async row<Row extends object>(text: string, values: readonly SqlValue[] = []) {
    return (await client.query<Row>(text, written(values))).rows[0];
  },
  async run(text: string, values: readonly SqlValue[] = []) {
    return (await client.query(text, written(values))).rowCount ?? 0;
  },
});

/** Opens a pool. Connects on first use; a database that is away makes single statements fail, not the process. */
export const openDatabase = (
  url: string,
  options: { max?: number; onError?: (error: Error) => void } = {},
): Database => {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    application_name: "accolade",
  });
  // an idle connection that breaks (a restarted server) is reported here; without a listener it would end the process
  pool.on("error", (error) => options.onError?.(error));

  return {
    ...over(pool),
    pool,
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        const client = await pool.connect();
        let broken: Error | undefined;
        // between two statements nobody awaits the connection: one that breaks then would end the process
        const noteBroken = (error: Error) => {
          broken = error;
        };
        client.on("error", noteBroken);
        try {
          await client.query("begin");
          const result = await work(over(client));
          await client.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback").catch((failed: Error) => {
            broken = failed;
          });
          if (!isDeadlock(error) || attempt === 5) throw error;
        } finally {
          client.off("error", noteBroken);
          client.release(broken);
        }
      }
    },
    close: () => pool.end(),
  };
};

const isDeadlock = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");
