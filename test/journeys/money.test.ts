/** A reward's whole life over the running server: asked for, approved by API, told, opened, taken back when the deal is lost, and back again. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import { lost, set, won } from "../support/deals.ts";
import { CLIENT_SECRET, signedBatch } from "../support/hubspot-door.ts";
import { eventually, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

const Queue = z.object({ approvals: z.array(z.object({ id: z.string(), kind: z.string(), group: z.string() })) });
const TOKEN = "a-token-of-anna-that-is-long-enough";
let running: RunningWorkspace;
beforeAll(async () => {
  running = await startWorkspace({
    config: `
workspace: { name: Acme Rewards }
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
channels:
  email: { sender: outbox }
users:
  - { email: anna@acme.example, name: Anna Conti, roles: [approver], groups: [finance], token: ${TOKEN} }
people: people.yaml
`,
    rules: {
      "all.yaml": `
budgets:
  - { id: year, amount: 1000 points }
rewards:
  - { id: p, title: { en: Points for you, it: Punti per te }, provider: points, value: 300 points }
rules:
  - { id: big, title: Big deal, on: deal.won, where: [deal.amount >= 1000], reward: { to: owner, give: p }, hold: 14 days while won, approval: above 250 points by finance, budget: year, clawback: true, from: 2026-01-01 }
`,
    },
    people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, language: it, crm: { hub: "77" } }\n`,
  });
});
afterAll(() => running.stop());

const tell = async (...events: Parameters<typeof signedBatch>[1]) => {
  const { headers, body } = signedBatch("hub", events, new Date());
  const answer = await fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body });
  expect(answer.status).toBeLessThan(300);
};
const api = (path: string, init: RequestInit = {}) =>
  fetch(`${running.door}/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
  });
const state = async () =>
  (await running.server.opened.database.row<{ state: string }>("select state from grants"))?.state;
const available = async () =>
  (
    await running.server.opened.database.row<{ minor: number }>(
      "select balance_minor as minor from ledger_accounts where code = 'budget:year'",
    )
  )?.minor;
const mails = () =>
  running.server.opened.database.rows<{ subject: string; text: string }>(
    "select subject, text from outbox order by id",
  );
const open = async (text: string) => {
  const link = /\/me\/\S+/.exec(text)?.[0] ?? "";
  return (await fetch(running.door + link)).text();
};

// won long enough ago for the hold to be over
const WON = Date.now() - 20 * 86_400_000;

test("held, asked for, approved, told and opened", async () => {
  await tell(set(1, WON, "dealname", "Rossi"), ...won(1, WON));
  await eventually("the question", async () => (await state()) === "awaiting_approval");
  expect(await available()).toBe(700);
  const [item] = await eventually("the queue", async () => {
    const { approvals } = Queue.parse(await (await api("/approvals")).json());
    return approvals.length > 0 && approvals;
  });
  expect(item).toMatchObject({ kind: "grant", group: "finance" });
  expect((await api(`/approvals/${item?.id}/approve`, { method: "POST", body: "{}" })).status).toBe(200);
  const [mail] = await eventually("the mail", async () => {
    const sent = await mails();
    return sent.length === 1 && sent;
  });
  expect(mail?.subject).toContain("300 punti");
  expect(await open(mail?.text ?? "")).toContain("300");
});

test("the deal is lost: the points go back, the budget has them again, and the recipient is told in words", async () => {
  await tell(lost(1, Date.now() - 60_000));
  await eventually("the end", async () => (await state()) === "cancelled");
  expect(await available()).toBe(1_000);
  const [, told] = await eventually("the second mail", async () => {
    const sent = await mails();
    return sent.length === 2 && sent;
  });
  expect(told?.text).toContain("la trattativa è stata persa");
  expect(await open(told?.text ?? "")).toContain("la trattativa è stata persa");
});

test("won again: it comes back by the same way, and once", async () => {
  await tell(
    set(1, Date.now() - 20 * 86_400_000 + 1_000, "pipeline", "default"),
    set(1, Date.now(), "dealstage", "closedwon"),
  );
  await eventually("the hold", async () => (await state()) === "held");
  expect(await available()).toBe(700);
  expect((await running.server.opened.database.rows("select from grants")).length).toBe(1);
});
