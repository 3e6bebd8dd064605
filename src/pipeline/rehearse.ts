/**
 * Rehearsal: the deciding code works on empty tables of its own, in a transaction that is always rolled back. The tables
 * are those of the migrations, with their functions, triggers, keys and checks, in a schema that nobody else ever sees.
 */
import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { readMigrations } from "../db/migrate.ts";
import type { Database, Sql } from "../db/sql.ts";
import type { Known } from "../engine/index.ts";
import { syncBudgets } from "../ledger/budgets.ts";
import { createLog } from "../log.ts";
import { createTelemetry } from "../telemetry.ts";
import type { Problem } from "../yaml/problem.ts";
import type { SourceFile } from "../yaml/yaml-source.ts";
import type { Corridor } from "./corridor.ts";
import { countCosts } from "./costs.ts";
import { createActiveRules } from "./rule-versions.ts";

/** One rule book over one set of tables. */
export interface Stage {
  schema: string;
  /** Events that it has seen. */
  events: number;
  /** The corridor as it is, but with the stage's rules and rows, and without telemetry, log and queue. */
  corridor: Corridor;
}

export interface Rehearsal {
  tx: Sql;
  /** For another rehearsal that is to see the very same real rows, at the same time. */
  snapshot: string;
  /** Schema of the real rows. They are read, never written. */
  real: string;
  /**
   * New tables, with the people of now, and these rules in force. `since`: a rule without `from:` counts what happened
   * from then on, as if it had been loaded at that moment.
   */
  stage(
    sources: readonly SourceFile[],
    since: Date,
  ): Promise<{ ok: true; stage: Stage } | { ok: false; problems: Problem[] }>;
  /** Statements that name no schema reach the tables of this stage from now on. */
  enter(stage: Stage): Promise<void>;
  /** What `work` did to the rows is undone afterwards. */
  undone<T>(work: () => Promise<T>): Promise<T>;
}

/** What a rehearsal sees of the real tables, as it is now. */
const people = ["recipients", "recipient_ids", "person_words", "team_history", "costs"];

/**
 * Runs `work`; whatever it did to the database is rolled back, also when it fails. A live server goes on deciding meanwhile,
 * and the rehearsal sees the real rows as they were when it began, or when the one did whose `snapshot` this is.
 */
export const rehearse = async <T>(
  corridor: Corridor,
  known: Known,
  work: (rehearsal: Rehearsal) => Promise<T>,
  snapshot?: string,
): Promise<T> => {
  const rolledBack = new Error("a rehearsal was rolled back, as always");
  let result: { value: T } | undefined;
  await corridor.database
    .transaction(async (tx) => {
      await tx.run("set transaction isolation level repeatable read");
      // all of it is in memory, and grows faster than statistics: whole tables must not be read for each batch
      await tx.run("set local random_page_cost = 1");
      await tx.run("set local jit = off");
      if (snapshot !== undefined) await tx.run(`set transaction snapshot '${snapshot}'`);
      result = { value: await work(await open(corridor, known, tx)) };
      throw rolledBack;
    })
    .catch((error: unknown) => {
      if (error !== rolledBack) throw error;
    });
  if (!result) throw new Error("a rehearsal ended without a result");
  return result.value;
};

const open = async (corridor: Corridor, known: Known, tx: Sql): Promise<Rehearsal> => {
  const { real = "public" } = (await tx.row<{ real: string }>("select current_schema() as real")) ?? {};
  const { snapshot = "" } = (await tx.row<{ snapshot: string }>("select pg_export_snapshot() as snapshot")) ?? {};
  const migrations = await readMigrations();
  const enter = async ({ schema }: Pick<Stage, "schema">) => {
    await tx.run(`set local search_path to ${schema}`);
  };
  return {
    tx,
    snapshot,
    real,
    enter,
    async stage(sources, since) {
      const schema = `rehearsal_${randomBytes(8).toString("hex")}`;
      await tx.run(`create schema ${schema}`);
      await enter({ schema });
      // not logged: nothing of it is ever to be recovered
      for (const { text } of migrations) await tx.run(text.replaceAll(/^create table /gm, "create unlogged table "));
      await dropReferences(tx, schema);
      await tx.run(`drop index ${unread.join(", ")}`);
      await tx.run(`update workspace set id = w.id from ${real}.workspace w`);
      for (const table of people) await tx.run(`insert into ${table} select * from ${real}.${table}`);
      await countCosts(tx, corridor.workspace, "all");
      const rules = await createActiveRules(tx, known);
      const loaded = await rules.load(sources, "rehearsal", since);
      if (!loaded.ok) return loaded;
      await syncBudgets(tx, rules.current().matcher.book.budgets);
      const apart = { database: within(tx), rules, log: silent, telemetry: createTelemetry() };
      return { ok: true, stage: { schema, events: 0, corridor: { ...corridor, ...apart } } };
    },
    async undone(work) {
      await tx.run("savepoint rehearsed");
      try {
        return await work();
      } finally {
        await tx.run("rollback to savepoint rehearsed");
      }
    },
  };
};

/** Indexes of the largest tables that only serve people who ask, and erasure: a rehearsal writes much and never reads by them. */
const unread = ["milestones_owner", "milestones_event", "events_subject"];

/** References between tables take a quarter of the time, and check what nobody will read: the real transaction has them. */
const dropReferences = async (tx: Sql, schema: string): Promise<void> => {
  const rows = await tx.rows<{ text: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as text
     from pg_constraint where contype = 'f' and connamespace = $1::regnamespace`,
    [schema],
  );
  for (const { text } of rows) await tx.run(text);
};

const silent = createLog({
  level: "error",
  format: "json",
  stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
});

/** Whatever asks the database rather than the transaction stays inside of it, too. */
const within = (tx: Sql): Database => ({
  ...tx,
  transaction: (work) => work(tx),
  get pool(): never {
    throw new Error("a rehearsal has no pool of connections");
  },
  close: async () => {},
});
