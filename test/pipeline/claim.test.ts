/** A claim link: signed, expiring, revocable; looking changes nothing, asking shows the reward. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readClaimToken, writeClaimToken } from "../../src/pipeline/claim-token.ts";
import { createSealer } from "../../src/sealer.ts";
import { CLIENT_SECRET, hubspotEvent, signedBatch } from "../support/hubspot-door.ts";
import { eventually, PUBLIC_URL, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

let running: RunningWorkspace;
let path: string;
let grantId: string;
beforeAll(async () => {
  running = await startWorkspace({
    config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  codes: { provider: code-pool }\nchannels:\n  email: { sender: outbox }\npeople: people.yaml\n`,
    rules: {
      "all.yaml":
        "rewards:\n  - { id: c, title: { en: A code, it: Un codice }, provider: codes, pool: x, value: 5 EUR }\nrules:\n  - { id: won, title: Won, on: deal.won, where: [deal.amount > 10], reward: { to: owner, give: c } }\n",
    },
    people: `people:\n  - { name: Giulia Bianchi, email: giulia@acme.example, language: it, crm: { hub: "77" } }\n`,
  });
  const { corridor, database } = running.server.opened;
  const { importCodes } = await import("../../src/rewards/index.ts");
  await importCodes(database, corridor.sealer, "x", "code,pin\nSECRET-CODE-1,9876\n", new Date());
  const occurredAt = Date.now();
  const change = (propertyName: string, propertyValue: string) =>
    hubspotEvent({ subscriptionType: "deal.propertyChange", objectId: 1, occurredAt, propertyName, propertyValue });
  const { headers, body } = signedBatch(
    "hub",
    [
      change("dealname", "Rossi"),
      change("amount", "62000"),
      change("hubspot_owner_id", "77"),
      change("dealstage", "closedwon"),
    ],
    new Date(),
  );
  await fetch(`${running.door}/webhooks/hub`, { method: "POST", headers, body });
  const message = await eventually("the message", () =>
    database.row<{ text: string; html: string; address: string }>("select text, html, address from outbox"),
  );
  expect(message.text + message.html).not.toContain("SECRET-CODE-1");
  path = /https:\/\/rewards\.example(\/me\/[\w.-]+)/.exec(message.text)?.[1] ?? "";
  grantId = (await database.row<{ id: string }>("select id from grants"))?.id ?? "";
}, 60_000);
afterAll(() => running?.stop());

const claimedAt = async () =>
  (await running.server.opened.database.row<{ claimed_at: Date | null }>("select claimed_at from grants"))?.claimed_at;

test("looking shows what it is for and what it is worth, in the recipient's language, and no code", async () => {
  const page = await fetch(running.door + path);
  const text = await page.text();
  expect(text).toContain('lang="it"');
  expect(text).toContain("Rossi");
  expect(text).toMatch(/5(,00)? ?EUR|5(,00)?\s?€/);
  expect(text).not.toContain("SECRET-CODE-1");
  expect(await claimedAt()).toBeNull();
});

test("asking shows the code, each time, and notes when it was first asked for", async () => {
  for (let n = 0; n < 2; n++) {
    const page = await (await fetch(`${running.door}${path}/reveal`, { method: "POST" })).text();
    expect(page).toContain("SECRET-CODE-1");
    expect(page).toContain("9876");
    expect(page).toContain("<svg");
  }
  expect(await claimedAt()).toBeInstanceOf(Date);
});

test("no code is stored readable, or logged", async () => {
  const { database } = running.server.opened;
  for (const table of ["codes", "orders", "attempts", "outbox", "grants"])
    expect(
      await database.rows(
        `select from ${table} t where to_jsonb(t)::text ~ ('SECRET-CODE-1|' || encode('SECRET-CODE-1', 'hex'))`,
      ),
    ).toEqual([]);
  expect(running.logged.join("")).not.toMatch(/SECRET-CODE-1|9876/);
});

test("the page takes what is not right, and the API that shows it is there for who has a token", async () => {
  const body = new URLSearchParams({ what: "this", text: "Il valore non torna" });
  const sent = await fetch(`${running.door}${path}/dispute`, { method: "POST", body, redirect: "manual" });
  expect([sent.status, sent.headers.get("location")]).toEqual([303, `${path}#disputes`]);
  expect(await (await fetch(running.door + path)).text()).toContain("Il valore non torna");
  expect((await fetch(`${running.door}/api/v1/approvals`)).status).toBe(401);
  expect((await fetch(`${running.door}/api/openapi.json`)).status).toBe(200);
});

test("another link, a changed one, an expired one, a revoked one: nothing is shown", async () => {
  const { corridor, database } = running.server.opened;
  const token = path.slice("/me/".length);
  const changed = [...token].map(
    (letter, index) => token.slice(0, index) + (letter === "A" ? "B" : "A") + token.slice(index + 1),
  );
  for (const each of [changed[3], changed[24], changed.at(-5), "x", "%00", "..%2f..%2fetc"]) {
    const answer = await fetch(`${running.door}/me/${each}/reveal`, { method: "POST" });
    expect(answer.status).toBe(404);
  }
  const old = writeClaimToken(corridor.sealer, { grantId, version: 1, expiresAt: new Date(Date.now() - 1_000) });
  expect(await (await fetch(`${running.door}/me/${old}/reveal`, { method: "POST" })).text()).not.toContain(
    "SECRET-CODE-1",
  );
  await database.run("update grants set claim_version = claim_version + 1");
  expect((await fetch(running.door + path)).status).toBe(404);
});

test("a token is read only by the key that wrote it, and only unchanged", () => {
  const sealer = createSealer(["a".repeat(40)]);
  const other = createSealer(["b".repeat(40)]);
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.nat(),
      (id, version, seconds, place) => {
        const token = writeClaimToken(sealer, { grantId: id, version, expiresAt: new Date(seconds * 1000) });
        expect(readClaimToken(sealer, token)).toEqual({ grantId: id, version, expiresAt: new Date(seconds * 1000) });
        expect(readClaimToken(other, token)).toBeUndefined();
        const at = place % token.length;
        const letter = token[at] === "x" ? "y" : "x";
        const read = readClaimToken(sealer, token.slice(0, at) + letter + token.slice(at + 1));
        // base64url has spare bits at its end: a changed last letter may stand for the same bytes
        if (read) expect(read).toEqual({ grantId: id, version, expiresAt: new Date(seconds * 1000) });
      },
    ),
  );
  expect(
    `${PUBLIC_URL}/me/${writeClaimToken(sealer, { grantId, version: 1, expiresAt: new Date() })}`.length,
  ).toBeLessThan(120);
});
