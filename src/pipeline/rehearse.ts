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

/** One rule book, and the tables in which it decides. */
export interface Stage {
  /** Schema of what depends on the rules: milestones, grants, ledger, people. */
  schema: string;
  /** Schema of what was told: facts, records, events, sums of metrics. Another one where the stage stands beside another. */
  told: string;
  /** Events that it has seen. */
  events: number;
  /** The corridor as it is, but with the stage's rules and rows, and without telemetry, log and queue. */
  corridor: Corridor;
  /** Statements that name no schema reach the tables of this stage. */
  tx: Sql;
  nearMisses: boolean;
}

export interface Rehearsal {
  /** For statements that name their schemas. */
  tx: Sql;
  /** Schema of the real rows. They are read, never written. */
  real: string;
  /**
   * New tables, with the people of now, and these rules in force. `since`: a rule without `from:` counts what happened
   * from then on, as if it had been loaded at that moment. `beside`: shares with that stage what it is told; for two books
   * over one past. `nearMisses`: whether anybody will ask why a rule did not match.
   */
  stage(
    sources: readonly SourceFile[],
    since: Date,
    options: { nearMisses: boolean; beside?: Stage },
  ): Promise<{ ok: true; stage: Stage } | { ok: false; problems: Problem[] }>;
  /** What `work` did to the rows is undone afterwards. */
  undone<T>(work: () => Promise<T>): Promise<T>;
}

/** What a rehearsal sees of the real tables, as it is now. */
const people = ["recipients", "recipient_ids", "person_words"];
const given = ["team_history", "costs"];

/**
 * Tables of which no row depends on rules; `team_history` rests on people of people.yaml, as the first stage knows them. What a
 * migration adds and is not named here is each stage's own.
 */
const told = [
  "workspace",
  "inbox",
  "events",
  "facts",
  "records",
  "history",
  "team_history",
  "costs",
  "purchases",
  "metric_contributions",
  "metric_cells",
  "metric_watches",
  "metric_basis",
  "metrics_due",
];

/**
 * Runs `work`; whatever it did to the database is rolled back, also when it fails. A live server goes on deciding meanwhile,
 * and the rehearsal sees the real rows as they were when it began.
 */
export const rehearse = async <T>(
  corridor: Corridor,
  known: Known,
  work: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> => {
  const rolledBack = new Error("a rehearsal was rolled back, as always");
  let result: { value: T } | undefined;
  await corridor.database
    .transaction(async (tx) => {
      await tx.run("set transaction isolation level repeatable read");
      // all of it is in memory, and grows faster than statistics: whole tables must not be read for each batch
      await tx.run("set local random_page_cost = 1");
      await tx.run("set local jit = off");
      await tx.run("set local default_statistics_target = 10");
      result = { value: await work(await open(corridor, known, tx)) };
      throw rolledBack;
    })
    .catch((error: unknown) => {
      if (error !== rolledBack) throw error;
    });
  if (!result) throw new Error("a rehearsal ended without a result");
  return result.value;
};

const open = async (corridor: Corridor, known: Known, connection: Sql): Promise<Rehearsal> => {
  const { real = "public" } = (await connection.row<{ real: string }>("select current_schema() as real")) ?? {};
  const migrations = await readMigrations();
  const turns = inTurns(connection);
  return {
    tx: turns.on(),
    real,
    async stage(sources, since, { nearMisses, beside }) {
      const schema = `rehearsal_${randomBytes(8).toString("hex")}`;
      await turns.on().run(`create schema ${schema}`);
      const alone = turns.on(schema);
      // not logged: nothing of it is ever to be recovered
      for (const { text } of migrations) await alone.run(text.replaceAll(/^create table /gm, "create unlogged table "));
      await dropReferences(alone, schema);
      await alone.run(`drop index ${unread.join(", ")}`);
      for (const table of people) await alone.run(`insert into ${table} select * from ${real}.${table}`);
      if (beside) await alone.run(`drop table ${told.join(", ")}`);
      else {
        await alone.run(`update workspace set id = w.id from ${real}.workspace w`);
        for (const table of given) await alone.run(`insert into ${table} select * from ${real}.${table}`);
        await countCosts(alone, corridor.workspace, "all");
      }
      const tx = beside ? turns.on(schema, beside.schema) : alone;
      const rules = await createActiveRules(tx, known);
      const loaded = await rules.load(sources, "rehearsal", since);
      if (!loaded.ok) return loaded;
      await syncBudgets(tx, rules.current().matcher.book.budgets);
      const apart = { database: within(tx), rules, log: silent, telemetry: createTelemetry() };
      return {
        ok: true,
        stage: {
          schema,
          told: beside?.schema ?? schema,
          events: 0,
          corridor: { ...corridor, ...apart },
          tx,
          nearMisses,
        },
      };
    },
    async undone(work) {
      await turns.on().run("savepoint rehearsed");
      try {
        return await work();
      } finally {
        await turns.on().run("rollback to savepoint rehearsed");
        turns.forget();
      }
    },
  };
};

/**
 * One connection for several who speak at the same time: statements wait for one another, and each finds the tables of the
 * schemas that its speaker named (the others' names are looked up in order). Whoever has their answer goes on when the next
 * statement is under way, so that PostgreSQL works for one while the other thinks.
 */
const inTurns = (connection: Sql) => {
  let last: Promise<unknown> = Promise.resolve();
  let entered = "";
  /** Who spoke last: told when somebody is next in line. */
  let before: { next: Promise<unknown> } = { next: last };
  const turn = async <T>(path: string, say: () => Promise<T>): Promise<T> => {
    const free = last;
    const sent = free.then(async () => {
      if (path !== "" && path !== entered) {
        await connection.run(`set local search_path to ${path}`);
        entered = path;
      }
      return { answer: say() };
    });
    const own = { next: Promise.resolve() as Promise<unknown> };
    before.next = sent.catch(() => {});
    before = own;
    const answered = sent.then(({ answer }) => answer);
    last = answered.catch(() => {});
    const result = await answered;
    await own.next;
    return result;
  };
  return {
    on(...schemas: readonly string[]): Sql {
      const path = schemas.join(", ");
      return {
        rows: (text, values) => turn(path, () => connection.rows(text, values)),
        row: (text, values) => turn(path, () => connection.row(text, values)),
        run: (text, values) => turn(path, () => connection.run(text, values)),
      };
    },
    /** What was entered may have been undone with the rest. */
    forget() {
      entered = "";
    },
  };
};

/** Indexes of the largest tables that only serve people who ask, and erasure: a rehearsal writes much and never reads by them. */
const unread = ["milestones_owner", "milestones_event", "events_subject"];

/** References between tables take time, and check what nobody will read: the real transaction has those that money hangs on. */
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
