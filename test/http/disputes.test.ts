/** A recipient says on their page that something is not right: what they can send, who reads it, and what they read back. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { type ApprovalBench, openApprovalBench } from "../support/approval-bench.ts";
import { browserAtHand, openBrowser } from "./browser.ts";

let bench: ApprovalBench;
beforeAll(async () => {
  bench = await openApprovalBench();
});
afterAll(() => bench.close());

const A_DAY = 86_400_000;

/** Sends the form as a browser does. */
const send = (path: string, fields: Record<string, string>) =>
  fetch(`${bench.door}${path}/dispute`, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
const pageAt = async (path: string) => (await fetch(bench.door + path)).text();
const queue = async () => (await bench.call("paolo", "GET", "/approvals?state=open&limit=500")).body.approvals;
const find = async (text: string) => (await queue()).find((each) => each.dispute?.text === text);
const answer = (id: string, what: "approve" | "decline", reason: string) =>
  bench.call("paolo", "POST", `/approvals/${id}/${what}`, { reason });
/** So that the next test has room: each recipient may have three that wait. */
const settleAll = async () => {
  for (const { id, kind } of await queue()) if (kind === "dispute") await answer(id, "decline", "Settled");
};

test("about a reward: it waits in the queue with what the rule saw, and the answer stands on the page", async () => {
  const path = bench.pageOf(await bench.won("78", "Rossi"));
  expect(await pageAt(path)).toContain("you can say so until December 19, 2026");
  const sent = await send(path, { what: "this", text: "It was 90,000,\r\nnot 62,000.", about: "ignored" });
  expect([sent.status, sent.headers.get("location")]).toEqual([303, `${path}#disputes`]);
  const open = await pageAt(path);
  expect(open).toContain("It was 90,000,\nnot 62,000.");
  expect(open).toContain("Somebody is looking at it.");

  const item = await find("It was 90,000,\nnot 62,000.");
  expect(item).toMatchObject({ kind: "dispute", group: "admin", expiresAt: null, recipient: { name: "Tom Baker" } });
  const id = item?.id ?? "";
  expect((await bench.call("paolo", "GET", `/approvals/${id}`)).body).toMatchObject({
    grant: { subject: "deal Rossi" },
    explanation: [{ subject: "Rossi", rules: [{ rule: "big", lines: [{ text: "deal.amount >= 1000", held: true }] }] }],
  });
  expect(await bench.call("anna", "POST", `/approvals/${id}/approve`, { reason: "x" })).toMatchObject({ status: 403 });
  expect(await bench.call("paolo", "POST", `/approvals/${id}/approve`, {})).toMatchObject({
    status: 422,
    body: { error: "no_reason" },
  });
  const before = await bench.reserved();
  expect((await answer(id, "approve", "You are right: the amount is corrected in the CRM.")).status).toBe(200);
  const page = await pageAt(path);
  expect(page).toContain("Accepted. The answer: “You are right: the amount is corrected in the CRM.”");
  expect(page).toContain("An accepted request does not pay by itself.");
  expect(await bench.reserved()).toBe(before);
});

test("about one that is missing: the person's own deals that fit, with each rule's verdict", async () => {
  const got = await bench.won("77", "Rossi");
  await bench.won("77", "Small fish", 500);
  await bench.won("78", "Small fry", 500);
  const path = bench.pageOf(got);
  expect((await send(path, { what: "missing", about: "small F", text: "Where is mine?" })).status).toBe(303);
  const id = (await find("Where is mine?"))?.id ?? "";
  const { body } = await bench.call("paolo", "GET", `/approvals/${id}`);
  expect(body).toMatchObject({ grant: null, group: "admin", dispute: { about: "small F" } });
  expect(body.explanation.map((each) => each.subject)).toEqual(["Small fish"]);
  expect(body.explanation[0]?.rules).toMatchObject([
    { rule: "big", verdict: "not_matched", lines: [{ text: "deal.amount >= 1000", held: false }] },
  ]);
  // what was seen then stays, whatever becomes of the deal
  await bench.database.run("update milestones set situation = '{}' where situation #>> '{deal,name}' = 'Small fish'");
  expect((await bench.call("paolo", "GET", `/approvals/${id}`)).body.explanation).toEqual(body.explanation);
  await answer(id, "decline", "L’importo è sotto la soglia.");
  const page = await pageAt(path);
  expect(page).toContain("su un premio che non hai ricevuto (small F):");
  // who has the link of another reward of theirs does not read it
  expect(await pageAt(bench.pageOf(await bench.won("77", "Verdi")))).not.toContain("Where is mine?");
  expect(page).toContain("Non accolta. La risposta: «L’importo è sotto la soglia.»");
});

test("goes to those who approve rewards of that rule; nobody answers their own", async () => {
  const grant = await bench.won("77", "Own");
  await send(bench.pageOf(grant), { what: "this", text: "About my own" });
  const id = (await find("About my own"))?.id ?? "";
  await bench.database.run("update approvals set approver_group = 'finance' where id = $1", [id]);
  expect(await bench.call("giulia", "POST", `/approvals/${id}/approve`, { reason: "Yes" })).toMatchObject({
    status: 403,
    body: { error: "own" },
  });
  expect(
    (await bench.call("giulia", "GET", "/approvals?state=open")).body.approvals.map((each) => each.id),
  ).not.toContain(id);
  expect((await bench.call("anna", "POST", `/approvals/${id}/approve`, { reason: "Yes" })).status).toBe(200);
  // no rule decided anything by that: the grant is as it was
  expect(await bench.stateOf(grant)).toBe("approved");
});

describe("what is not sent", () => {
  test.each([
    ["nothing written", { what: "this", text: " \r\n " }, "Write what is not right"],
    ["no form of ours", { text: "" }, "Write what is not right"],
    ["too much", { what: "this", text: "x".repeat(1_001) }, "up to 1,000 characters"],
    ["a deal's name too long", { what: "missing", text: "x", about: "y".repeat(201) }, "and 200 for the deal"],
  ])("%s: the page says so and keeps what was written", async (_, fields, says) => {
    const path = bench.pageOf(await bench.won("78", "Kept"));
    const refused = await send(path, fields as Record<string, string>);
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain(says);
    expect(page).toContain('role="alert"');
    expect(page).toContain('<details id="dispute" open>');
    expect(page).toContain(`${fields.text}</textarea>`);
  });

  test("more than three that wait, also when they come at once; and a reward twice", async () => {
    await settleAll();
    const grants = [];
    for (const name of ["A", "B", "C", "D", "E"]) grants.push(await bench.won("78", name));
    const answers = await Promise.all(
      grants.map((each) => send(bench.pageOf(each), { what: "this", text: `At once ${each}` })),
    );
    expect(answers.map((each) => each.status).sort()).toEqual([303, 303, 303, 422, 422]);
    const refused = answers.find((each) => each.status === 422);
    expect(await refused?.text()).toContain("Three of your requests still wait");
    await settleAll();
    const path = bench.pageOf(grants[0] ?? "");
    expect((await send(path, { what: "this", text: "Again" })).status).toBe(303);
    expect(await (await send(path, { what: "this", text: "And again" })).text()).toContain("already told us");
    await settleAll();
  });

  test("after its time; a reward that is missing still can be", async () => {
    const path = bench.pageOf(await bench.won("78", "Late"));
    bench.clock.advance(30 * A_DAY - 1);
    expect(await pageAt(path)).toContain('value="this"');
    bench.clock.advance(1);
    const page = await pageAt(path);
    expect(page).not.toContain('value="this"');
    expect(page).toContain('value="missing"');
    expect(await (await send(path, { what: "this", text: "Too late" })).text()).toContain("is over");
    expect((await send(path, { what: "missing", text: "Another one" })).status).toBe(303);
    await settleAll();
  });

  test("behind a link that is not ours, was revoked, or ended", async () => {
    const grant = await bench.won("78", "Link");
    const path = bench.pageOf(grant);
    expect((await send(`${path}x`, { what: "this", text: "x" })).status).toBe(404);
    bench.clock.advance(91 * A_DAY);
    expect((await send(path, { what: "missing", text: "x" })).status).toBe(404);
    expect(await pageAt(path)).not.toContain('id="dispute"');
    await bench.database.run("update grants set claim_version = 2 where id = $1", [grant]);
    expect((await send(path, { what: "this", text: "x" })).status).toBe(404);
  });

  test("a flood, or more than a form can hold", async () => {
    const path = bench.pageOf(await bench.won("78", "Flood"));
    const statuses = [];
    for (let n = 0; n < 12; n++) statuses.push((await send(path, { what: "this", text: "" })).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(422));
    expect(statuses.slice(10)).toEqual([429, 429]);
    const other = bench.pageOf(await bench.won("78", "Flood 2"));
    expect((await send(other, { what: "this", text: "x".repeat(20_000) })).status).toBe(413);
  });
});

test("whatever somebody writes is only text, on their page and in the answer", async () => {
  const path = bench.pageOf(await bench.won("77", "<i>Deal</i>"));
  const evil = `</textarea><script>alert(1)</script>{{link}} "'&\u202e`;
  const refused = await send(path, { what: "missing", about: evil, text: evil.padEnd(1_001, "!") });
  expect(await refused.text()).not.toMatch(/<script|<i>/);
  expect((await send(path, { what: "missing", about: '"><img src=x>', text: evil })).status).toBe(303);
  const id = (await queue()).find((each) => each.dispute?.text.includes("script"))?.id ?? "";
  await answer(id, "approve", "<script>alert(2)</script>");
  const page = await pageAt(path);
  expect(page).not.toMatch(/<script|<img|\u202e/);
  expect(page).toContain("&lt;script&gt;alert(2)");
});

test("0 days switch it off", async () => {
  const off = await openApprovalBench();
  Object.assign(off.corridor.workspace, { disputeDays: 0 });
  const path = off.pageOf(await off.won("78"));
  expect(await (await fetch(off.door + path)).text()).not.toContain('id="dispute"');
  for (const what of ["this", "missing"]) {
    const answered = await fetch(`${off.door}${path}/dispute`, {
      method: "POST",
      body: new URLSearchParams({ what, text: "x" }),
    });
    expect(answered.status).toBe(422);
  }
  await off.close();
});

test("who is forgotten takes their words along", async () => {
  const grant = await bench.won("78", "Forgotten");
  await send(bench.pageOf(grant), { what: "this", text: "Call me on +39 347 000 0000" });
  await bench.database.run("update recipients set erased_at = now() where name = 'Tom Baker'");
  const { forgetDisputes } = await import("../../src/pipeline/disputes.ts");
  await forgetDisputes(bench.database);
  expect(await bench.database.rows("select from disputes where text like '%347%'")).toEqual([]);
  await bench.database.run("update recipients set erased_at = null where name = 'Tom Baker'");
});

(browserAtHand() ? describe : describe.skip)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  for (const javaScriptEnabled of [true, false])
    test(`on a phone of 360 px, by keyboard, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      await settleAll();
      const path = bench.pageOf(await bench.won("77", "Rossi e Figli, fornitura di caffè per tutte le sedi"));
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled });
      const page = await context.newPage();
      // the page's links lead to its public address; here it stands behind no proxy
      await page.goto(bench.door + path);
      await page.locator("#dispute summary").focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      expect(await page.getByLabel("Di questo premio").isChecked()).toBe(true);
      await page.keyboard.press("Tab");
      await page.keyboard.type("Il premio era di 600 punti.");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await Promise.all([page.waitForURL("**#disputes"), page.keyboard.press("Enter")]);
      expect(await page.getByText("Il premio era di 600 punti.").isVisible()).toBe(true);
      if (javaScriptEnabled) {
        const width = await page
          .locator("html")
          .evaluate((root) => (root as unknown as { scrollWidth: number }).scrollWidth);
        expect(width).toBeLessThanOrEqual(360);
      }
      await context.close();
    });
});
