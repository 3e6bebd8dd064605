import { expect, test } from "@jest/globals";
import { isAway } from "../../src/db/away.ts";
import { freshDatabase } from "../support/database.ts";

test("a connection that breaks between two statements of a transaction fails that transaction, and nothing else", async () => {
  const database = await freshDatabase();
  const failed = await database
    .transaction(async (tx) => {
      const own = await tx.row<{ pid: number }>("select pg_backend_pid() as pid");
      await database.run("select pg_terminate_backend($1)", [own?.pid]);
      while ((await database.rows("select from pg_stat_activity where pid = $1", [own?.pid])).length > 0);
      // its farewell is read in these turns of the event loop, while no statement is under way
      for (let turn = 0; turn < 1_000; turn++) await new Promise(setImmediate);
      return tx.row("select 1");
    })
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(Error);
  expect(isAway(failed)).toBe(true);
  expect(await database.row("select 1 as one")).toEqual({ one: 1 });
  await database.close();
});

test("what is committed is there, what throws is not", async () => {
  const database = await freshDatabase();
  await database.transaction((tx) => tx.run("insert into rules_seen values ('kept', now())"));
  await expect(
    database.transaction(async (tx) => {
      await tx.run("insert into rules_seen values ('lost', now())");
      throw new Error("on the way");
    }),
  ).rejects.toThrow("on the way");
  expect(await database.rows("select rule_id from rules_seen")).toEqual([{ rule_id: "kept" }]);
  await database.close();
});
