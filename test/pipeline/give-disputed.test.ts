/** Who accepts a dispute about a missing reward may give it: once, within its budget, under the rule's own key. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { type ApprovalBench, KEY, openApprovalBench, salesRules } from "../support/approval-bench.ts";
import { deliver, hubspotEvent } from "../support/hubspot-door.ts";
import { runAccolade } from "../support/run-accolade.ts";

let bench: ApprovalBench;
beforeAll(async () => {
  // the command's clock is the machine's
  bench = await openApprovalBench(new Date().toISOString());
});
afterAll(() => bench.close());
beforeEach(() => load(""));

const load = async (more: string, budgets = "") => {
  await writeFile(path.join(bench.folder, "rules", "sales.yaml"), `${budgets}\n${salesRules}${more}`);
  expect(await bench.opened.loadRules("test")).toMatchObject({ ok: true });
};

let raised = 0;
/** Giulia misses the reward of a deal of hers; gives the deal's id in the CRM, and of the item in the queue. */
const misses = async (name: string, amount = 500) => {
  await bench.won("77", name, amount);
  const deal = await bench.database.row<{ id: string }>(
    "select subject_id as id from milestones where situation #>> '{deal,name}' = $1 order by id desc limit 1",
    [name],
  );
  return { deal: deal?.id ?? "", dispute: await disputes(name) };
};
const disputes = async (about: string) => {
  const got = await bench.database.row<{ id: string }>(
    "select g.id from grants g join recipients r on r.id = g.recipient_id where r.name = 'Giulia Bianchi' limit 1",
  );
  const text = `Where is it? ${++raised}`;
  const answer = await fetch(`${bench.door}${bench.pageOf(got?.id ?? "")}/dispute`, {
    method: "POST",
    body: new URLSearchParams({ what: "missing", about, text }),
    redirect: "manual",
  });
  expect(answer.status).toBe(303);
  const { body } = await bench.call("paolo", "GET", "/approvals?state=open&limit=500");
  return body.approvals.find((each) => each.dispute?.text === text)?.id ?? "";
};
const accept = (id: string, give?: object, name = "paolo") =>
  bench.call(name, "POST", `/approvals/${id}/approve`, { reason: "You are right.", ...(give ? { give } : {}) });
const grantsOf = (deal: string) =>
  bench.database.rows<{ id: string; state: string; given_by: string | null; once_key: string }>(
    "select g.id, g.state, g.given_by, g.once_key from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1 order by g.rule_id",
    [deal],
  );
const change = async (deal: string, name: string, value: string) => {
  bench.clock.advance(60_000);
  await deliver(bench, "hub", [
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: Number(deal),
      occurredAt: bench.clock.now().getTime(),
      propertyName: name,
      propertyValue: value,
    }),
  ]);
  await bench.drain();
};
const pointsOf = async () =>
  (
    await bench.database.row<{ minor: number }>(
      "select coalesce(sum(e.amount_minor), 0)::bigint as minor from ledger_entries e join ledger_accounts a on a.id = e.account_id where a.code like 'points:%'",
    )
  )?.minor ?? 0;

test("it is given as the rule would have, with who and why; news of the deal does not take it away, and the rule does not pay it again", async () => {
  await bench.won("77", "Reward");
  const { deal, dispute } = await misses("Small one");
  expect(await grantsOf(deal)).toEqual([]);
  expect(await accept(dispute, { rule: "big" })).toMatchObject({ status: 200, body: { state: "approved" } });
  const [grant, ...others] = await grantsOf(deal);
  expect(others).toEqual([]);
  expect(grant).toMatchObject({
    state: "approved",
    given_by: "paolo@acme.example",
    once_key: `record/hub/deal/${deal}`,
  });
  const id = grant?.id ?? "";
  expect(await bench.database.rows("select to_state, actor, why from grant_moves where grant_id = $1", [id])).toEqual([
    { to_state: "approved", actor: "paolo@acme.example", why: "You are right." },
  ]);
  const page = await (await fetch(bench.door + bench.pageOf(id))).text();
  expect(page).toContain("Il premio è stato assegnato");

  // judged again before it was ordered, and after
  await change(deal, "amount", "400");
  expect(await bench.stateOf(id)).toBe("approved");
  const before = await pointsOf();
  await fulfil(bench.corridor, id);
  await change(deal, "amount", "300");
  await change(deal, "dealstage", "presentation");
  await change(deal, "dealstage", "closedwon");
  await sweep(bench.corridor);
  // by now the rule itself would reward it
  await change(deal, "amount", "9000");
  await change(deal, "dealstage", "presentation");
  await change(deal, "dealstage", "closedwon");
  expect(await grantsOf(deal)).toMatchObject([{ id, state: "issued" }]);
  expect(await pointsOf()).toBe(before + 300);

  const explained = await runAccolade(["rules", "explain", id], bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    ACCOLADE_SECRET_KEY: KEY,
  });
  expect(explained.stdout).toContain("given by paolo@acme.example, who accepted a dispute about it");
});

test("it is refused, and the dispute stays open, where there is nothing to give or it was given", async () => {
  await bench.won("77", "Reward");
  const { deal, dispute } = await misses("Twins A");
  await bench.won("77", "Twins B", 500);
  const refused = async (give: object, message: string) =>
    expect(await accept(dispute, give)).toMatchObject({
      status: 422,
      body: { error: "not_given", message: expect.stringContaining(message) },
    });
  await refused({ rule: "none" }, "Found no rule none in force, expected one of big");
  await refused({ rule: "big", record: "999999" }, "Found no deal.won of theirs");
  await load(
    "  - { id: other, title: O, on: deal.won, where: [deal.amount > 9000000], reward: { to: contact, give: p, value: 5 points } }\n",
  );
  await refused({ rule: "other" }, "gives nothing to them");
  const twins = await disputes("Twins");
  expect(await accept(twins, { rule: "big" })).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining("of 2 records of theirs") },
  });
  expect(await accept(twins, { rule: "big", record: deal })).toMatchObject({ status: 200 });
  await refused({ rule: "big" }, "They have it already: grant");
  // what a person said no to, nobody can give by declining
  expect(await bench.call("paolo", "POST", `/approvals/${dispute}/decline`, { reason: "You have it." })).toMatchObject({
    status: 200,
  });
});

test("its budget and its approval hold for it", async () => {
  await bench.won("77", "Reward");
  const more = `    budget: few
  - { id: asked, title: A, on: deal.won, where: [deal.amount >= 1000000], reward: { to: owner, give: p, value: 20 points }, approval: above 10 points by finance, from: 2026-01-01 }
`;
  await load(more, "budgets:\n  - { id: few, amount: 200 points, when_empty: stop }");
  const first = await misses("Poor");
  expect(await accept(first.dispute, { rule: "big" })).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining("budget few has 200 points left, and 300 points was asked for") },
  });
  expect(await grantsOf(first.deal)).toEqual([]);
  expect(await accept(first.dispute, { rule: "asked" })).toMatchObject({ status: 200 });
  expect(await grantsOf(first.deal)).toMatchObject([{ state: "awaiting_approval" }]);
  await sweep(bench.corridor);
  const { body } = await bench.call("anna", "GET", "/approvals?state=open&limit=500");
  expect(body.approvals.some((each) => each.kind === "grant" && each.grant?.id !== undefined)).toBe(true);
});

test("nobody gives themselves; on the command line it is one option", async () => {
  await bench.won("77", "Reward");
  const { deal, dispute } = await misses("Typed");
  const run = (...args: string[]) =>
    runAccolade(["approvals", ...args], bench.folder, {
      DATABASE_URL: bench.config.databaseUrl ?? "",
      ACCOLADE_SECRET_KEY: KEY,
    });
  const give = ["--give", "big", "--reason", "Yes."];
  expect(await run("accept", dispute, "--as", "giulia@acme.example", ...give)).toMatchObject({ code: 1 });
  expect(await grantsOf(deal)).toEqual([]);
  expect(await run("accept", dispute, "--as", "paolo@acme.example", ...give)).toMatchObject({
    code: 0,
    stdout: `${dispute}: approved by Paolo Ferri\n`,
  });
  expect(await grantsOf(deal)).toMatchObject([{ state: "approved", given_by: "paolo@acme.example" }]);
});
