/** `accolade approvals`, as somebody types it on the server. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ApprovalBench, KEY, openApprovalBench } from "../support/approval-bench.ts";
import { runAccolade } from "../support/run-accolade.ts";

let bench: ApprovalBench;
beforeAll(async () => {
  // the command's clock is the machine's
  bench = await openApprovalBench(new Date().toISOString());
});
afterAll(() => bench.close());

const run = (...args: string[]) =>
  runAccolade(["approvals", ...args], bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
  });

test("list, approve, decline: what happened to each, and exit code 1 where one was not decided", async () => {
  expect(await run("list")).toMatchObject({ code: 0, stdout: "Nothing waits for a decision.\n" });
  const grants = [await bench.won("78", "Rossi"), await bench.won("77", "Verdi"), await bench.won("78", "Neri")];
  const ids: string[] = [];
  for (const grant of grants) {
    bench.clock.advance(1);
    ids.push(await bench.waits(grant));
  }
  const [first = "", second = "", third = ""] = ids;

  const { stdout } = await run("list", "--group", "finance");
  expect(stdout).toContain(
    `${first}  300 points to Tom Baker for deal Rossi (rule big)\n  open; finance decides, until 20`,
  );
  expect(JSON.parse((await run("list", "--json")).stdout).map((each: { id: string }) => each.id)).toEqual(ids);

  expect(await run("approve", first, "--as", "nobody@acme.example")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("found no such user"),
  });
  const mixed = await run("approve", first, second, "--as", "giulia@acme.example");
  expect(mixed).toMatchObject({
    code: 1,
    stdout: `${first}: approved by Giulia Bianchi\n1 decision, 1 not decided.\n`,
    stderr: expect.stringContaining(`${second}: not decided. This is about a reward of your own`),
  });
  expect(await run("decline", third, "--as", "anna@acme.example", "--reason", "No budget left")).toMatchObject({
    code: 0,
    stdout: `${third}: declined by Anna Conti\n`,
  });
  expect(await Promise.all(grants.map(bench.stateOf))).toEqual(["approved", "awaiting_approval", "declined"]);
  expect((await run("list", "--state", "declined")).stdout).toContain(
    "declined by Anna Conti: No budget left; finance",
  );
  bench.clock.advance(600_000);
  expect(await bench.sent()).toMatchObject([{ kind: "declined", address: "tom@acme.example" }]);
});

test("all of a group at once, but no dispute", async () => {
  const grant = await bench.won("78", "Bulk");
  await bench.waits(grant);
  await bench.database.run(
    `with raised as (insert into disputes (recipient_id, text, explanation, raised_at)
       select id, 'Where is it?', '[]', now() from recipients where name = 'Tom Baker' returning id)
     insert into approvals (kind, dispute_id, approver_group, requested_at) select 'dispute', id, 'finance', now() from raised`,
  );
  const all = ["approve", "--all", "--as", "anna@acme.example", "--json"];
  expect(await run(...all)).toMatchObject({ code: 1, stderr: expect.stringContaining("found no --group") });
  const { code, stdout } = await run(...all, "--group", "finance");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(2);
  expect(await bench.stateOf(grant)).toBe("approved");
  const left = await run("list");
  expect(left.stdout).toMatch(/dispute: a reward that Tom Baker misses\n {2}open; finance decides\n {2}Where is it\?/);
});

test("what is not understood", async () => {
  expect(await run("decline", "--all", "--group", "finance", "--as", "anna@acme.example")).toMatchObject({
    stderr: expect.stringContaining("--reason"),
  });
  expect((await run("list", "--state", "opn")).stderr).toContain("open, approved, declined");
  const neither = await run("approve", "--as", "anna@acme.example");
  expect([neither.code, neither.stderr]).toEqual([1, expect.stringContaining("found neither ids nor --all")]);
  expect((await run("approve", "12", "--as", "anna@acme.example")).stderr).toContain("12: found no id");
});
