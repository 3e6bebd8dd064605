/** Rewards that a person hands over: from the win to the recipient's page, and back where it is not due or cannot be had. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { listTasks } from "../../src/pipeline/tasks.ts";
import { type GiftBench, openGiftBench } from "../support/gift-bench.ts";

let bench: GiftBench;
beforeAll(async () => {
  bench = await openGiftBench({
    providers: ["desk: { provider: manual, lateAfterDays: 3 }"],
    rewards: [
      { id: "rucksack", yaml: "provider: desk, value: 80 EUR, instructions: In the cupboard beside the reception" },
    ],
  });
});
afterAll(() => bench.close());

const taskFor = async (grant: string): Promise<string> => {
  const task = (await listTasks(bench.corridor, { limit: 500 })).find((each) => each.grant?.id === grant);
  if (!task) throw new Error("no task");
  return task.id;
};
const kinds = async (grant: string) => (await bench.told(grant)).map(({ kind }) => kind);

test("the recipient hears at once, sees that it is being prepared, and hears again when it is on its way", async () => {
  const { grant, deal } = await bench.ordered("rucksack", "77");
  expect(await bench.grant(grant)).toMatchObject({ state: "issued" });
  expect(await kinds(grant)).toEqual(["reward"]);
  const before = await bench.page(grant);
  expect(before).toContain("qualcuno lo sta preparando per te");
  expect(before).not.toContain("/reveal");

  const listed = await bench.call("edda", "GET", "/rewards/tasks?state=open");
  expect(listed).toMatchObject({
    status: 200,
    body: {
      tasks: [
        {
          state: "open",
          title: "Un dono",
          instructions: "In the cupboard beside the reception",
          value: { text: "80 EUR" },
          recipient: { name: "Giulia Bianchi", email: "giulia@acme.example" },
          grant: { id: grant, rule: "rucksack", subject: `deal rucksack ${deal}` },
        },
      ],
      next: null,
    },
  });
  const task = await taskFor(grant);
  const done = { note: "In sala posta, da lunedì", trackingUrl: "https://parcels.example/T1" };
  expect(await bench.call("edda", "POST", `/rewards/tasks/${task}/done`, done)).toEqual({
    status: 200,
    body: { id: task, state: "done" },
  });

  const told = await bench.told(grant);
  expect(told.map(({ kind }) => kind)).toEqual(["reward", "ready"]);
  expect(told[1]).toMatchObject({ address: "giulia@acme.example", subject: expect.stringContaining("in arrivo") });
  // whatever somebody writes for the page stays on the page
  expect(told[1]?.text).not.toContain("sala posta");
  expect(await bench.page(grant)).not.toContain("sala posta");
  const shown = await bench.page(grant, true);
  expect(shown).toContain("In sala posta, da lunedì");
  expect(shown).toContain('href="https://parcels.example/T1"');
  expect((await bench.moves(grant)).at(-1)).toEqual({
    to_state: "issued",
    actor: "edda@acme.example",
    why: "handed over or sent off",
  });
});

test("whoever comes second is told who was first, and nothing is told twice", async () => {
  const { grant } = await bench.ordered("rucksack");
  const task = await taskFor(grant);
  const answers = await Promise.all([
    bench.call("edda", "POST", `/rewards/tasks/${task}/done`, {}),
    bench.call("anna", "POST", `/rewards/tasks/${task}/cannot`, { reason: "None are left" }),
    bench.call("anna", "POST", `/rewards/tasks/${task}/done`, {}),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    error: "closed",
    message: expect.stringMatching(/^(Edda|Anna) (has done|found that) this/),
  });
  expect(await kinds(grant)).toHaveLength(2);
  expect(await bench.faults()).toEqual([]);
});

test("what cannot be had ends as failed: the money is back, the recipient reads why, and nothing comes back by itself", async () => {
  const before = await bench.budget();
  const { grant, deal } = await bench.ordered("rucksack");
  expect(await bench.budget()).toBe((before ?? 0) - 8_000);
  const task = await taskFor(grant);
  const reason = "None are left, and no more are made.";
  expect((await bench.call("anna", "POST", `/rewards/tasks/${task}/cannot`, { reason })).status).toBe(200);
  expect(await bench.grant(grant)).toMatchObject({
    state: "failed",
    waiting: "cannot be handed over: None are left, and no more are made.",
  });
  expect((await bench.moves(grant)).at(-1)).toMatchObject({ to_state: "failed", actor: "anna@acme.example" });
  expect(await bench.budget()).toBe(before);
  const told = await bench.told(grant);
  expect(told.map(({ kind }) => kind)).toEqual(["reward", "unavailable"]);
  expect(told[1]?.text).toContain("None are left, and no more are made");
  expect(await bench.page(grant)).toContain("We could not get this reward for you");

  bench.clock.advance(60_000);
  await bench.change(deal, { amount: "70000" });
  expect(await bench.grant(grant)).toMatchObject({ state: "failed" });
  expect(await bench.faults()).toEqual([]);
});

describe("a deal that is lost", () => {
  test("takes the task off the list; who does it anyway is told so", async () => {
    const before = await bench.budget();
    const { grant, deal } = await bench.ordered("rucksack");
    const task = await taskFor(grant);
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedlost" });
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({ state: "cancelled" });
    expect(await bench.budget()).toBe(before);
    expect(await bench.call("edda", "POST", `/rewards/tasks/${task}/done`, {})).toMatchObject({
      status: 409,
      body: { error: "closed", message: expect.stringContaining("the reward was taken back") },
    });
    expect(await kinds(grant)).not.toContain("ready");

    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedwon" });
    expect(await bench.grant(grant)).toMatchObject({ state: "approved" });
  });

  test("leaves what was handed over with its recipient", async () => {
    const { grant, deal } = await bench.ordered("rucksack");
    await bench.call("edda", "POST", `/rewards/tasks/${await taskFor(grant)}/done`, {});
    bench.clock.advance(60_000);
    await bench.change(deal, { dealstage: "closedlost" });
    await settleMark(bench.corridor, grant);
    expect(await bench.grant(grant)).toMatchObject({
      state: "issued",
      waiting: expect.stringContaining("it was used"),
    });
    expect(await bench.faults()).toEqual([]);
  });
});

test.each([
  ["done", {}, "vera", 403, "role"],
  ["cannot", {}, "edda", 422, "body"],
  ["cannot", { reason: " " }, "edda", 422, "body"],
  ["done", { trackingUrl: "javascript:alert(1)" }, "edda", 422, "body"],
  ["done", { note: "x".repeat(1_001) }, "edda", 422, "body"],
])("%s with %j by %s is refused, and nothing changes", async (what, body, who, status, error) => {
  const { grant } = await bench.ordered("rucksack");
  const task = await taskFor(grant);
  expect(await bench.call(who, "POST", `/rewards/tasks/${task}/${what}`, body)).toMatchObject({
    status,
    body: { error },
  });
  expect(await kinds(grant)).toEqual(["reward"]);
});

test("nobody hands over a reward of their own", async () => {
  const { grant } = await bench.ordered("rucksack");
  const task = await taskFor(grant);
  await bench.database.run("update recipients set email = 'Edda@acme.example' where email = 'tom@acme.example'");
  expect(await bench.call("edda", "POST", `/rewards/tasks/${task}/done`, {})).toMatchObject({
    status: 403,
    body: { error: "own" },
  });
  await bench.database.run("update recipients set email = 'tom@acme.example' where email = 'Edda@acme.example'");
});

test("a task that nobody knows", async () => {
  const path = "/rewards/tasks/00000000-0000-4000-8000-000000000000/done";
  expect(await bench.call("edda", "POST", path, {})).toMatchObject({ status: 404 });
});

test("the doctor names tasks that are late", async () => {
  const check = async () => (await bench.corridor.providers.get("desk")?.provider.check())?.[0];
  expect(await check()).toMatchObject({ ok: true });
  bench.clock.advance(4 * 86_400_000);
  expect(await check()).toMatchObject({
    ok: false,
    what: "tasks",
    found: expect.stringMatching(/^\d+ of \d+ open ones are older than 3 days$/),
    todo: "See them with: accolade rewards tasks --open",
  });
});

test("what was written to somebody who asked to be forgotten goes", async () => {
  const { grant } = await bench.ordered("rucksack");
  const task = await taskFor(grant);
  await bench.call("edda", "POST", `/rewards/tasks/${task}/done`, { note: "Left with Tom's wife" });
  await bench.database.run("update recipients set erased_at = now() where email = 'tom@acme.example'");
  const { forgetTasks } = await import("../../src/rewards/index.ts");
  await forgetTasks(bench.database);
  const row = await bench.database.row("select note, state from reward_tasks where id = $1", [task]);
  expect(row).toEqual({ note: null, state: "done" });
});
