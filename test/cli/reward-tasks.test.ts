/** `accolade rewards tasks|done|cannot`, as somebody types it on the server. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type GiftBench, KEY, openGiftBench } from "../support/gift-bench.ts";
import { runHere } from "../support/run-here.ts";

let bench: GiftBench;
beforeAll(async () => {
  bench = await openGiftBench(
    {
      providers: ["desk: { provider: manual }"],
      rewards: [{ id: "mug", yaml: "provider: desk, value: 12 EUR, instructions: Ask Marta" }],
    },
    // the command's clock is the machine's
    new Date().toISOString(),
  );
});
afterAll(() => bench.close());

const run = (...args: string[]) =>
  runHere(["rewards", ...args], bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
  });

test("list, done, cannot: under a name, once", async () => {
  expect(await run("tasks", "--open")).toMatchObject({ code: 0, stdout: "Nothing is to be handed over.\n" });
  const grants = [await bench.ordered("mug"), await bench.ordered("mug")];
  const tasks = JSON.parse((await run("tasks", "--json")).stdout) as { id: string; grant: { id: string } }[];
  const [first, second] = grants.map(({ grant }) => tasks.find((task) => task.grant.id === grant)?.id ?? "");
  if (!first || !second) throw new Error("no tasks");
  expect((await run("tasks", "--open")).stdout).toContain(
    `${first}  A gift (12 EUR) to Tom Baker <tom@acme.example>\n  open, since 20`,
  );
  expect((await run("tasks", "--open")).stdout).toContain("; for deal mug 1\n  Ask Marta\n");

  await expect(run("done", first, "--as", "nobody@acme.example")).resolves.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("found no such user"),
  });
  expect(await run("done", first, "--as", "vera@acme.example")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("expected somebody with the role editor, approver or admin"),
  });
  expect(await run("done", first, "--as", "edda@acme.example", "--note", "On your desk")).toMatchObject({
    code: 0,
    stdout: `${first}: done by Edda. The recipient is told.\n`,
  });
  expect(await run("cannot", second, "--as", "anna@acme.example", "--reason", "All broken")).toMatchObject({ code: 0 });
  expect(await run("done", second, "--as", "edda@acme.example", "--json")).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('"code": "closed"'),
  });
  expect((await run("tasks")).stdout).toContain("  done by Edda, since");
  expect((await run("tasks", "--open")).stdout).toBe("Nothing is to be handed over.\n");
  bench.clock.advance(600_000);
  const told = await Promise.all(grants.map(({ grant }) => bench.told(grant)));
  expect(told.map((each) => each.map(({ kind }) => kind))).toEqual([
    ["reward", "ready"],
    ["reward", "unavailable"],
  ]);
});
