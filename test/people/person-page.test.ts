/** A recipient's own page: what it shows, what it takes, and that none of it goes wrong when it is sent twice or at once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { moveGrants } from "../../src/ledger/grant-states.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import type { Consent } from "../../src/people/consent.ts";
import { freeGrants } from "../../src/pipeline/decide-free.ts";
import { noteConsent } from "../../src/pipeline/note-consent.ts";
import { writePersonToken } from "../../src/pipeline/person-token.ts";
import { isPushService } from "../../src/pipeline/push-devices.ts";
import { pointsOf } from "../../src/pipeline/redeem.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";

let bench: PeopleBench;
let door: string;
let closeDoor: () => Promise<unknown>;
beforeAll(async () => {
  bench = await openPeopleBench();
});
afterAll(() => bench.close());
// each test counts its own requests
beforeEach(async () => {
  const served = await bench.serve();
  door = `http://127.0.0.1:${served.port}`;
  closeDoor = () => served.close(0);
});
afterEach(() => closeDoor());

const read = (page: string) =>
  page
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replace(/\s+/g, " ");
const page = async (path: string) => read(await (await fetch(door + path)).text());
const post = (path: string, fields: Record<string, string> | [string, string][]) =>
  fetch(door + path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
const points = async (email: string) => pointsOf(bench.database, await bench.personOf(email));
const faults = () => bench.database.transaction(async (tx) => (await verifyLedger(tx)).faults);
const earned = async (owner: "77" | "78") => {
  const deal = await bench.won(owner);
  await bench.work();
  return deal;
};

test("shows every reward, the points and what they are good for", async () => {
  await earned("77");
  const answer = await fetch(door + (await bench.ownPage("giulia@acme.example")));
  expect([answer.status, answer.headers.get("cache-control"), answer.headers.get("x-robots-tag")]).toEqual([
    200,
    "no-store",
    "noindex, nofollow",
  ]);
  const text = read(await answer.text());
  expect(text).toContain("Ciao Giulia");
  expect(text).toContain("I tuoi punti 600 punti");
  expect(text).toContain("Punti per lo shop 600 punti Sul tuo conto · 20 novembre 2026 · Trattativa vinta: Rossi");
  expect(text).toContain("Un caffè offerto da noi 500 punti Vale 5 EUR · ne restano 2 Prendilo con 500 punti");
  // looking changed nothing
  expect(await points("giulia@acme.example")).toBe(600);
});

describe("an offer", () => {
  const take = (path: string, offer: string, key: string) => post(`${path}/redeem`, { offer, key });

  test("with a budget is not available once that holds too little, and nothing is taken for it", async () => {
    await earned("77");
    const path = await bench.ownPage("giulia@acme.example");
    const before = await points("giulia@acme.example");
    expect((await take(path, "funded", "f1")).status).toBe(303);
    const left = await bench.database.row("select balance_minor from ledger_accounts where code = 'budget:perks'");
    expect(left).toEqual({ balance_minor: 200 });
    expect(await page(path)).toContain("Ora non è disponibile.");
    const refused = await take(path, "funded", "f2");
    expect([refused.status, read(await refused.text())]).toEqual([
      422,
      expect.stringContaining("Ora non è disponibile. Non ti è stato tolto nessun punto."),
    ]);
    expect(await points("giulia@acme.example")).toBe(before - 10);
    await bench.work();
    expect(await faults()).toEqual([]);
  });

  test("that somebody approves waits for them, and gives the points back where they do not", async () => {
    await earned("77");
    const path = await bench.ownPage("giulia@acme.example");
    const before = await points("giulia@acme.example");
    expect(await page(path)).toContain("prima qualcuno lo approva");
    expect((await take(path, "asked", "a1")).status).toBe(303);
    await bench.work();
    const grant = await bench.database.row<{ id: string; state: string; approval_by: string }>(
      "select id, state, approval_by from grants where rule_id = 'offer:asked'",
    );
    expect(grant).toMatchObject({ state: "awaiting_approval", approval_by: "manager" });
    expect(await page(path)).toContain("Aspetta un’approvazione");
    await bench.database.transaction(async (tx) => {
      const grantId = grant?.id ?? "";
      await moveGrants(tx, [{ grantId, from: "awaiting_approval", to: "declined", actor: "anna", why: "Not now" }]);
      await freeGrants(tx, [grantId]);
    });
    expect(await points("giulia@acme.example")).toBe(before);
    expect(await faults()).toEqual([]);
  });

  test("is a reward of its own: the points go, it is ordered and told of, and the page says so", async () => {
    await earned("77");
    const path = await bench.ownPage("giulia@acme.example");
    const before = await points("giulia@acme.example");
    const taken = await take(path, "coffee", "first");
    expect([taken.status, taken.headers.get("location")]).toEqual([303, `${path}?taken`]);
    expect(await points("giulia@acme.example")).toBe(before - 500);
    expect(await page(`${path}?taken`)).toContain("È tuo. Lo trovi qui sotto");
    await bench.work();
    const grant = await bench.database.row<{ id: string; state: string }>(
      "select id, state from grants where rule_id = 'offer:coffee'",
    );
    expect(grant?.state).toBe("issued");
    expect(await page(path)).toContain("Un caffè offerto da noi 5 EUR Pronto da aprire");
    const message = await bench.database.row<{ text: string }>(
      "select o.text from outbox o join messages m on m.id = o.message_id where m.grant_id = $1",
      [grant?.id],
    );
    expect(message?.text).toContain("Preso con i tuoi punti");
    const opened = await post(`${await bench.pageOf(grant?.id ?? "")}/reveal`, {});
    expect(await opened.text()).toContain("CODE-");
    expect(await faults()).toEqual([]);
  });

  test("sent twice, or by many at once: the form counts once, and nobody spends points that they do not have", async () => {
    await earned("78");
    const path = await bench.ownPage("tom@acme.example");
    const before = await points("tom@acme.example");
    const same = await Promise.all(Array.from({ length: 5 }, () => take(path, "cheap", "same")));
    expect(same.map(({ status }) => status)).toEqual([303, 303, 303, 303, 303]);
    expect(await points("tom@acme.example")).toBe(before - 100);
    const many = await Promise.all(Array.from({ length: 10 }, (_, n) => take(path, "cheap", `many-${n}`)));
    expect(many.filter(({ status }) => status === 303)).toHaveLength((before - 100) / 100);
    expect(await points("tom@acme.example")).toBe(0);
    const refused = await take(path, "cheap", "one-more");
    expect(refused.status).toBe(422);
    expect(read(await refused.text())).toContain("You do not have enough points for it any more. Nothing was taken");
    // what was taken before is still the answer to its form
    expect((await take(path, "cheap", "same")).status).toBe(303);
    expect(await faults()).toEqual([]);
  });

  test("of which two want the last one goes to one; who got nothing keeps the points, and what failed comes back", async () => {
    await earned("77");
    await earned("78");
    const [giulia, tom] = [await bench.ownPage("giulia@acme.example"), await bench.ownPage("tom@acme.example")];
    const before = (await points("giulia@acme.example")) + (await points("tom@acme.example"));
    const both = await Promise.all([take(giulia, "coffee", "last"), take(tom, "coffee", "last")]);
    expect(both.map(({ status }) => status).sort()).toEqual([303, 422]);
    expect((await points("giulia@acme.example")) + (await points("tom@acme.example"))).toBe(before - 500);
    expect(await page(tom)).toContain("All of them are taken.");
    // nothing comes of it: the points and the place are free again
    const { database } = bench;
    const grant = await database.row<{ id: string; state: "approved" }>(
      "select id, state from grants where rule_id = 'offer:coffee' order by granted_at desc, state limit 1",
    );
    const undo = () =>
      database.transaction(async (tx) => {
        await moveGrants(tx, [
          { grantId: grant?.id ?? "", from: "approved", to: "cancelled", actor: "test", why: "nothing came of it" },
        ]);
        await freeGrants(tx, [grant?.id ?? ""]);
      });
    await undo();
    await undo();
    expect((await points("giulia@acme.example")) + (await points("tom@acme.example"))).toBe(before);
    expect(await page(tom)).toContain("one left");
    expect(await faults()).toEqual([]);
  });

  test.each([
    ["that is none", { offer: "castle", key: "a" }, "not offered any more"],
    ["without a key", { offer: "cheap" }, "not offered any more"],
  ])("%s takes nothing", async (_, fields, says) => {
    const path = await bench.ownPage("tom@acme.example");
    const before = await points("tom@acme.example");
    const refused = await post(`${path}/redeem`, fields as unknown as Record<string, string>);
    expect(refused.status).toBe(422);
    expect(read(await refused.text())).toContain(says);
    expect(await points("tom@acme.example")).toBe(before);
  });
});

describe("what they want", () => {
  const usual: [string, string][] = [
    ["channel", "email"],
    ["channel", "sms"],
    ["quiet", "usual"],
  ];
  const person = async () =>
    bench.database.row<Record<string, unknown>>(
      "select language, time_zone, quiet_hours, preferred_channel, private from recipients where email = 'tom@acme.example'",
    );

  test("is kept, shown again, and goes before everything that others say", async () => {
    const path = await bench.ownPage("tom@acme.example");
    const saved = await post(`${path}/settings`, [
      ["channel", "sms"],
      ["preferred", "sms"],
      ["language", "it"],
      ["zone", "Asia/Tokyo"],
      ["quiet", "own"],
      ["from", "22:15"],
      ["until", "07:30"],
      ["private", "yes"],
    ]);
    expect([saved.status, saved.headers.get("location")]).toEqual([303, `${path}?saved`]);
    expect(await person()).toEqual({
      language: "it",
      time_zone: "Asia/Tokyo",
      quiet_hours: "22:15-07:30",
      preferred_channel: "sms",
      private: true,
    });
    const body = await (await fetch(`${door}${path}?saved`)).text();
    expect(read(body)).toContain("Salvato. Vale da adesso.");
    expect(body).toMatch(/name="channel" value="sms" checked/);
    expect(body).toMatch(/name="channel" value="email">/);
    expect(body).toContain('<option value="Asia/Tokyo" selected>Tokyo</option>');
    expect(body).toContain('name="from" value="22:15"');
    // an address is not written out: a link may have been passed on
    expect(body).toContain("t…@acme.example");
    expect(body).not.toContain("tom@acme.example");
    // people.yaml says English, and is read again
    expect(await bench.opened.loadPeople()).toEqual([]);
    expect(await person()).toMatchObject({ language: "it", time_zone: "Asia/Tokyo" });
    const consents = await bench.database.rows(
      "select channel, status, source, evidence from consents where recipient_id = $1 and at = $2",
      [await bench.personOf("tom@acme.example"), bench.clock.now()],
    );
    expect(consents).toEqual([{ channel: "email", status: "out", source: "page", evidence: "page 2026-11" }]);

    await post(`${path}/settings`, usual);
    expect(await person()).toEqual({
      language: "en",
      time_zone: "America/New_York",
      quiet_hours: null,
      preferred_channel: null,
      private: false,
    });
    expect(read(await (await fetch(door + path)).text())).toContain("Hello Tom");
  });

  test.each([
    [
      "the same time twice",
      [
        ["quiet", "own"],
        ["from", "09:00"],
        ["until", "09:00"],
      ],
      "two different times",
    ],
    [
      "no time",
      [
        ["quiet", "own"],
        ["from", "late"],
        ["until", "09:00"],
      ],
      "two different times",
    ],
    ["no form of ours", [], "two different times"],
    [
      "a zone that is none",
      [
        ["quiet", "usual"],
        ["zone", "Mars/Base"],
      ],
      "two different times",
    ],
  ] as [string, [string, string][], string][])("%s is not saved, and says so", async (_, fields, says) => {
    const path = await bench.ownPage("tom@acme.example");
    const before = await person();
    const refused = await post(`${path}/settings`, fields);
    expect(refused.status).toBe(422);
    expect(read(await refused.text())).toContain(says);
    expect(await person()).toEqual(before);
  });
});

describe("notifications", () => {
  const device = (endpoint: string) => ({ endpoint, keys: { p256dh: "B".repeat(87), auth: "a".repeat(22) } });
  const send = (path: string, body: unknown) =>
    fetch(`${door}${path}/push`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const devices = async () =>
    bench.database.rows("select endpoint from push_subscriptions where recipient_id = $1 order by 1", [
      await bench.personOf("tom@acme.example"),
    ]);

  test("a device is kept once, and gone when they switch it off", async () => {
    const path = await bench.ownPage("tom@acme.example");
    const own = device("https://fcm.googleapis.com/fcm/send/abc");
    expect([(await send(path, own)).status, (await send(path, own)).status]).toEqual([201, 201]);
    expect(await devices()).toHaveLength(1);
    for (let n = 0; n < 12; n++) await send(path, device(`https://updates.push.services.mozilla.com/wpush/v2/${n}`));
    expect(await devices()).toHaveLength(10);
    expect((await post(`${path}/push/off`, {})).status).toBe(303);
    expect(await devices()).toEqual([]);
    const script = await fetch(`${door}/me/push.js`);
    expect(script.headers.get("content-type")).toContain("javascript");
    expect((await fetch(door + path)).headers.get("content-security-policy")).toContain("script-src 'self'");
  });

  test.each([
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil.example/fcm.googleapis.com",
    "https://user@fcm.googleapis.com/x",
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://push.services.mozilla.com.evil.example/",
    "file:///etc/passwd",
    "not an address",
  ])("an address that is no push service is refused: %s", async (endpoint) => {
    expect(isPushService(endpoint)).toBe(false);
    const path = await bench.ownPage("tom@acme.example");
    expect((await send(path, device(endpoint))).status).toBe(422);
    expect(await devices()).toEqual([]);
  });
});

test("their data, as a file; and erased, after a step in which they can still go back", async () => {
  await bench.tell(bench.contact(870, "email", "ugo@customer.example"), bench.contact(870, "firstname", "Ugo"));
  const deal = await bench.won("77", { contact: 870 });
  await bench.work();
  const path = await bench.ownPage("ugo@customer.example");
  const data = await fetch(`${door}${path}/data.json`);
  expect(data.headers.get("content-disposition")).toContain("attachment");
  expect(await data.json()).toMatchObject({ person: { email: "ugo@customer.example" }, rewards: [{ value: "5 EUR" }] });
  expect(await page(`${path}/erase`)).toContain("This cannot be undone.");
  expect((await post(`${path}/erase`, {})).status).toBe(422);
  expect(await bench.personOf("ugo@customer.example")).not.toBe("");
  const erased = await post(`${path}/erase`, { sure: "yes" });
  expect(erased.status).toBe(200);
  expect(read(await erased.text())).toContain("Your data is erased");
  expect(await bench.personOf("ugo@customer.example")).toBe("");
  for (const gone of [
    path,
    `${path}/data.json`,
    `${path}/erase`,
    await bench.pageOf(await bench.grantOf(deal, "customer")),
  ])
    expect((await fetch(door + gone)).status).toBe(404);
});

test("a link that is not ours, has ended or was revoked opens nothing, whatever is asked of it", async () => {
  const { sealer } = bench.corridor;
  const id = await bench.personOf("tom@acme.example");
  const row = await bench.database.row<{ version: number }>(
    "select link_version as version from recipients where id = $1",
    [id],
  );
  const version = row?.version ?? 1;
  const later = new Date(bench.clock.now().getTime() + 86_400_000);
  const good = writePersonToken(sealer, { id, version, expiresAt: later });
  const claim = (await bench.pageOf(await bench.grantOf(await earned("78")))).slice("/me/".length);
  const bad = [
    writePersonToken(sealer, { id, version: version + 1, expiresAt: later }),
    writePersonToken(sealer, { id, version, expiresAt: new Date(bench.clock.now().getTime() - 1_000) }),
    `${good.slice(0, -2)}xx`,
    `p.${claim}`,
    good.slice("p.".length),
  ];
  expect((await fetch(`${door}/me/${good}`)).status).toBe(200);
  for (const token of bad) {
    expect((await fetch(`${door}/me/${token}`)).status).toBe(404);
    expect((await post(`/me/${token}/settings`, { quiet: "off" })).status).toBe(404);
  }
  for (const token of bad.slice(0, 3)) {
    expect((await post(`/me/${token}/erase`, { sure: "yes" })).status).toBe(404);
    expect((await fetch(`${door}/me/${token}/data.json`)).status).toBe(404);
  }
  expect(await bench.personOf("tom@acme.example")).toBe(id);
});

/** The newest mail or text that carried the link to somebody's own page; below the door. */
const linkSent = async (email: string) => {
  const sent = await bench.database.rows<{ channel: string; address: string; text: string }>(
    `select o.channel, o.address, o.text from outbox o join messages m on m.id = o.message_id join grants g on g.id = m.grant_id
     join recipients r on r.id = g.recipient_id where m.kind = 'page' and lower(r.email) = lower($1) order by o.id`,
    [email],
  );
  const text = sent.at(-1)?.text ?? "";
  return { sent, path: /(\/me\/p\.[\w.-]+)/.exec(text)?.[1] ?? "" };
};

describe("the link to it", () => {
  const claimOf = async (owner: "77" | "78") => bench.pageOf(await bench.grantOf(await earned(owner)));

  test("is asked for on the page of a reward, and goes to their own address and nowhere else", async () => {
    const claim = await claimOf("77");
    const shown = await (await fetch(door + claim)).text();
    // who was forwarded the link of a reward finds no way to the page itself
    expect(shown).not.toContain("/me/p.");
    expect(read(shown)).toContain("Inviami il link alla mia pagina");
    const asked = await post(`${claim}/page`, {});
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `${claim}?asked#page`]);
    const answer = await page(`${claim}?asked`);
    expect(answer).toContain("il link è in arrivo");
    await bench.work();
    const { sent, path } = await linkSent("giulia@acme.example");
    expect(sent).toMatchObject([{ channel: "email", address: "giulia@acme.example" }]);
    expect(sent[0]?.text).toContain("Ecco il link alla tua pagina.");
    expect((await fetch(door + path)).status).toBe(200);
    expect((await fetch(`${door}${path}/data.json`)).status).toBe(200);

    // again at once, or by many at once: the same answer, and no second mail
    const again = await Promise.all([1, 2, 3].map(() => post(`${claim}/page`, {})));
    expect(again.map(({ status, headers }) => [status, headers.get("location")])).toEqual(
      Array(3).fill([303, `${claim}?asked#page`]),
    );
    await bench.work();
    expect((await linkSent("giulia@acme.example")).sent).toHaveLength(1);
    for (let n = 0; n < 5; n++) {
      bench.clock.advance(600_000);
      await post(`${claim}/page`, {});
      await bench.work();
    }
    expect((await linkSent("giulia@acme.example")).sent).toHaveLength(3);
  });

  test("opens the page for 30 days, and its end offers a new one", async () => {
    const { path } = await linkSent("giulia@acme.example");
    bench.clock.advance(31 * 86_400_000);
    const ended = await fetch(door + path);
    expect(ended.status).toBe(404);
    expect(read(await ended.text())).toContain("Questo link è scaduto");
    const asked = await post(`${path}/page`, {});
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `${path}?asked`]);
    expect(await page(`${path}?asked`)).toContain("il link è in arrivo");
    await bench.work();
    const renewed = await linkSent("giulia@acme.example");
    expect(renewed.sent).toHaveLength(4);
    expect((await fetch(door + renewed.path)).status).toBe(200);
    // links of claims do not open it, whatever stands before them
    const claim = (await claimOf("77")).slice("/me/".length);
    for (const forged of [`p.${claim}`, `p.${claim.slice(1)}`])
      expect((await fetch(`${door}/me/${forged}`)).status).toBe(404);
  });

  test("is sent to who left all mails, and not to a phone that said STOP; where nothing can be sent the answer is the same", async () => {
    const claim = await claimOf("78");
    const say = (who: Consent["who"], channel: string, source: "page" | "STOP" | "bounce") =>
      bench.database.transaction((tx) =>
        noteConsent(bench.corridor, tx, {
          who,
          channel,
          category: "all",
          status: "out",
          source,
          evidence: null,
          at: bench.clock.now(),
        }),
      );
    const tom = { recipientId: await bench.personOf("tom@acme.example") };
    await say(tom, "email", "page");
    await post(`${claim}/page`, {});
    await bench.work();
    expect((await linkSent("tom@acme.example")).sent).toMatchObject([{ channel: "email" }]);

    bench.clock.advance(600_000);
    await say({ address: "tom@acme.example" }, "email", "bounce");
    await post(`${claim}/page`, {});
    await bench.work();
    expect((await linkSent("tom@acme.example")).sent).toMatchObject([{}, { channel: "sms" }]);

    bench.clock.advance(600_000);
    await say({ address: "+12125550123" }, "sms", "STOP");
    const asked = await post(`${claim}/page`, {});
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `${claim}?asked#page`]);
    await bench.work();
    expect((await linkSent("tom@acme.example")).sent).toHaveLength(2);
    // asking changed nothing about the reward
    expect(await bench.database.rows("select from grants where waiting is not null")).toEqual([]);

    bench.clock.advance(1_000);
    await post(`${await bench.ownPage("tom@acme.example")}/settings`, [
      ["channel", "email"],
      ["channel", "sms"],
      ["quiet", "usual"],
    ]);
  });

  test("a link that is none of ours, or was revoked, sends nothing", async () => {
    const claim = await claimOf("78");
    const before = (await linkSent("tom@acme.example")).sent.length;
    bench.clock.advance(86_400_000);
    await bench.database.run("update grants set claim_version = claim_version + 1 where id = $1", [
      (await bench.database.row<{ id: string }>("select id from grants order by granted_at desc limit 1"))?.id,
    ]);
    for (const path of [claim, "/me/x.1.1.abcdefghijklmnopqrstuvwxyz", `${claim}x`])
      expect([path, (await post(`${path}/page`, {})).status]).toEqual([path, 404]);
    await bench.work();
    expect((await linkSent("tom@acme.example")).sent).toHaveLength(before);
  });
});
