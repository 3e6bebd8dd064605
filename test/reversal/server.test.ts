/** The whole server: a deal is won, lost and won again; and what an admin does about a debt. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CLIENT_SECRET, hubspotEvent, signedBatch } from "../support/hubspot-door.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { eventually, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

let running: RunningWorkspace;
beforeAll(async () => {
  running = await startWorkspace({
    config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  codes: { provider: code-pool, lowStock: 0 }\nchannels:\n  email: { sender: outbox }\npeople: people.yaml\n`,
    rules: {
      "all.yaml":
        "rewards:\n  - { id: c, title: { en: A code, it: Un codice }, provider: codes, pool: x, value: 5 EUR }\nrules:\n  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: c }, from: 2026-01-01 }\n",
    },
    people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, language: it, crm: { hub: "77" } }\n`,
  });
  const { corridor, database } = running.server.opened;
  const { importCodes } = await import("../../src/rewards/index.ts");
  await importCodes(database, corridor.sealer, "x", "code\nFIRST\nSECOND\n", new Date());
}, 60_000);
afterAll(() => running?.stop());

let at = Date.now() - 600_000;
const stage = async (deal: number, name: string, rest: Record<string, string> = {}) => {
  at += 1_000;
  const change = (propertyName: string, propertyValue: string) =>
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: deal,
      occurredAt: at,
      propertyName,
      propertyValue,
    });
  const events = [...Object.entries(rest).map(([key, value]) => change(key, value)), change("dealstage", name)];
  const { headers, body } = signedBatch("hub", events, new Date());
  const answer = await fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body });
  expect(answer.status).toBeLessThan(300);
};
const grantWhen = (deal: number, state: string, round = 1) =>
  eventually(`deal ${deal} to be ${state}`, () =>
    running.server.opened.database.row<{ id: string }>(
      "select g.id from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1 and g.state = $2 and g.round = $3",
      [String(deal), state, round],
    ),
  );
const linkOf = async (grant: string, nth: number) => {
  const rows = await eventually(`message ${nth}`, async () => {
    const found = await running.server.opened.database.rows<{ text: string }>(
      "select o.text from outbox o join messages m on m.id = o.message_id where m.grant_id = $1 order by o.id",
      [grant],
    );
    return found.length >= nth && found;
  });
  return /https:\/\/rewards\.example(\/me\/[\w.-]+)/.exec(rows[nth - 1]?.text ?? "")?.[1] ?? "";
};
const page = async (path: string, method: "GET" | "POST" = "GET") =>
  (await fetch(running.door + path + (method === "POST" ? "/reveal" : ""), { method })).text();

test("won, lost, won again: the first link says what happened, the second one gives the code", async () => {
  await stage(1, "closedwon", { dealname: "Rossi", amount: "62000", hubspot_owner_id: "77" });
  const { id } = await grantWhen(1, "issued");
  const first = await linkOf(id, 1);
  await stage(1, "closedlost");
  await grantWhen(1, "cancelled");
  expect(await page(first)).toContain("Questo premio è stato annullato: la trattativa è stata persa.");
  expect(await page(first, "POST")).not.toMatch(/FIRST|SECOND/);

  await stage(1, "closedwon");
  await grantWhen(1, "issued", 2);
  const second = await linkOf(id, 2);
  expect(second).not.toBe(first);
  expect(await page(second, "POST")).toMatch(/FIRST|SECOND/);
  const given = await running.server.opened.database.rows("select from codes where order_key is not null");
  expect(given).toHaveLength(1);
}, 60_000);

test("a code that was seen becomes a debt; the admin sees it, and lets it off", async () => {
  const { database, databaseUrl } = running.server.opened;
  await stage(2, "closedwon", { dealname: "Verdi", amount: "5000", hubspot_owner_id: "77" });
  const { id } = await grantWhen(2, "issued");
  await database.run("update grants set clawback = true where id = $1", [id]);
  await page(await linkOf(id, 1), "POST");
  await stage(2, "closedlost");
  await grantWhen(2, "clawed_back");

  const env = { DATABASE_URL: databaseUrl };
  const accolade = (...args: string[]) => runAccolade(args, running.folder, env);
  const listed = await accolade("debts");
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toContain(
    `Giulia Bianchi: 5 EUR of 5 EUR, since ${new Date().toISOString().slice(0, 10)}, from grant ${id} (rule won: the deal was lost)`,
  );
  expect(JSON.parse((await accolade("debts", "--json")).stdout)).toMatchObject([
    { recipient: { email: "giulia@acme.example" }, grant: id, rule: "won", amount: 500, open: 500, currency: "EUR" },
  ]);

  const nobody = await accolade("debts", "forgive", "nobody@acme.example", "--why", "x");
  expect(nobody).toMatchObject({ code: 1, stdout: "" });
  expect(nobody.stderr).toMatch(/found nobody under "nobody@acme\.example", expected the id or the email address/);
  const forgiven = await accolade("debts", "forgive", "giulia@acme.example", "--why", "agreed with finance");
  expect(forgiven).toMatchObject({ code: 0, stdout: `Giulia Bianchi: 5 EUR of grant ${id} forgiven.\n` });
  expect((await accolade("debts")).stdout).toBe("Nobody owes anything.\n");
  const [move] = await database.rows<{ actor: string; why: string }>(
    "select actor, why from grant_moves where grant_id = $1 order by id desc limit 1",
    [id],
  );
  expect(move).toMatchObject({
    actor: expect.stringContaining("(command line)"),
    why: "debt forgiven: agreed with finance",
  });
  expect((await accolade("debts", "forgive", "giulia@acme.example", "--why", "again")).stderr).toContain(
    "owes nothing",
  );
}, 60_000);
