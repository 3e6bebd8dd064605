/** Who asks to be forgotten is found nowhere afterwards, and is not written to again. The money rows stay. */
import { inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { eraseAsked } from "../../src/pipeline/erase-asked.ts";
import { exportPerson } from "../../src/pipeline/export-person.ts";
import { noteConsent } from "../../src/pipeline/note-consent.ts";
import { hubspotEvent } from "../support/hubspot-door.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";

let bench: PeopleBench;
beforeEach(async () => {
  bench = await openPeopleBench();
});
afterEach(() => bench.close());

/** Every column of every table that can hold a text, with the rows in which one of these is found. */
const findEverywhere = async (pattern: RegExp): Promise<string[]> => {
  const { database } = bench;
  const columns = await database.rows<{ table: string; column: string; type: string }>(
    `select table_schema || '.' || table_name as table, column_name as column, data_type as type from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema') and data_type in ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')
       and table_name not in ('migrations', 'rule_versions')
     order by 1, 2`,
  );
  expect(columns.length).toBeGreaterThan(100);
  const found: string[] = [];
  for (const { table, column, type } of columns) {
    const rows = await database.rows<{ value: Buffer | string | null }>(
      `select ${type === "bytea" ? `"${column}"` : `"${column}"::text`} as value from ${table} where "${column}" is not null`,
    );
    for (const { value } of rows) {
      const text = Buffer.isBuffer(value) ? readBytes(value) : (value ?? "");
      if (pattern.test(text)) found.push(`${table}.${column}: ${text.slice(0, 200)}`);
    }
  }
  return found;
};

/** Bodies are deflated, and contents sealed with the bench's own key. */
const readBytes = (bytes: Buffer): string => {
  const { sealer } = bench.corridor;
  const tries = [
    () => inflateRawSync(bytes).toString(),
    ...["reward", "code"].map((use) => () => sealer.open(bytes, use)),
  ];
  return tries
    .map((each) => {
      try {
        return each();
      } catch {
        return "";
      }
    })
    .concat(bytes.toString("latin1"))
    .join("\n");
};

const ANNA = /anna|conti|verdi\b|334[ .]?567/i;

/** A customer of whom much is known, in every way that tells us of people; gives the deals that rewarded her. */
const anna = async () => {
  await bench.tell(
    bench.contact(802, "email", "anna.verdi@old.example"),
    bench.contact(802, "firstname", "Anna"),
    bench.contact(802, "lastname", "Conti"),
    bench.contact(802, "phone", "+39 333 334 5678"),
  );
  const deal = await bench.won("77", { contact: 802 });
  await bench.work();
  bench.clock.advance(10_000);
  await bench.tell(bench.contact(802, "email", "anna.conti@customer.example"));
  const again = await bench.won("77", { name: "Bianchi", contact: 802 });
  await bench.work();
  const { database } = bench;
  // a property of the company's own
  await database.run(
    `insert into facts (connection, kind, record_id, field, at, value, digest, event_id)
     select 'hub', 'contact', '802', 'favourite_place', now(), '"Casa Conti"', 'x', min(id) from events`,
  );
  await database.run(
    `update records set fields = fields || '{"favourite_place": "Casa Conti"}' where kind = 'contact' and id = '802'`,
  );
  // words of people and vendors, as they come in
  const grant = await bench.grantOf(deal, "customer");
  await database.run(
    "update attempts set detail = '550 no mailbox anna.conti@customer.example here' where grant_id = $1",
    [grant],
  );
  await database.run(
    `insert into grant_moves (grant_id, from_state, to_state, actor, why) values ($1, 'issued', 'issued', 'marco@acme.example', 'Anna Conti called about it')`,
    [grant],
  );
  await fetch(`${bench.door}${await bench.pageOf(grant)}/dispute`, {
    method: "POST",
    body: new URLSearchParams({ what: "this", text: "I am Anna Conti, call me: +39 333 334 5678" }),
    redirect: "manual",
  });
  const fromOther = await bench.grantOf(deal);
  await fetch(`${bench.door}${await bench.pageOf(fromOther)}/dispute`, {
    method: "POST",
    body: new URLSearchParams({ what: "this", text: "Anna Conti told me it was 90,000" }),
    redirect: "manual",
  });
  const id = await bench.personOf("anna.conti@customer.example");
  await database.run(
    "insert into push_subscriptions (recipient_id, endpoint, p256dh, auth, created_at) values ($1, 'https://fcm.googleapis.com/anna', 'k', 'a', now())",
    [id],
  );
  await database.transaction((tx) =>
    noteConsent(bench.corridor, tx, {
      who: { recipientId: id },
      channel: "sms",
      category: "all",
      status: "out",
      source: "page",
      evidence: null,
      at: bench.clock.now(),
    }),
  );
  // a delivery that comes twice says nothing new, and says it all the same
  const change = bench.contact(802, "lastname", "Conti");
  await bench.tell(change);
  await bench.tell(change);
  // one that is not decided yet
  await database.run(
    `insert into events (connection, key, inbox_id, type, subject_kind, subject_id, occurred_at, received_at, facts, actor, state)
     select 'hub', 'parked', min(id), 'deal.changed', 'deal', '99', now(), now(),
       '[{"kind": "contact", "id": "802", "field": "email", "value": "anna.conti@customer.example", "at": "2026-11-20T10:00:00Z"}]',
       'Anna.Conti@customer.example', 'parked' from inbox`,
  );
  await database.run(
    `insert into history (connection, key, type, subject_kind, subject_id, occurred_at, facts, source, imported_at)
     values ('hub', 'h', 'deal.changed', 'deal', '99', now(),
       '[{"kind": "contact", "id": "802", "field": "phone", "value": "+39 333 334 5678", "at": "2026-01-01T00:00:00Z"}]', 'deals.csv', now())`,
  );
  return { id, deal, again, grant };
};

const erased = () =>
  hubspotEvent({ subscriptionType: "contact.privacyDeletion", objectId: 802, occurredAt: bench.clock.now().getTime() });

describe.each([
  ["in the CRM", async () => bench.tell(erased())],
  ["on their page or through an admin", async (id: string) => eraseAsked(bench.corridor, id)],
])("who asks for it %s", (_, erase) => {
  test("is found in no column of no table, and the ledger is as it was", async () => {
    const { id, grant } = await anna();
    const before = await findEverywhere(ANNA);
    const tables = new Set(before.map((line) => line.split(":")[0]));
    // it would prove nothing to look where she never was
    for (const column of [
      "attempts.detail",
      "disputes.text",
      "events.actor",
      "events.facts",
      "facts.value",
      "grant_moves.why",
      "history.facts",
      "inbox.body",
      "milestones.situation",
      "orders.request",
      "outbox.html",
      "person_words.value",
      "push_subscriptions.endpoint",
      "recipients.email",
      "records.fields",
    ])
      expect([column, tables.has(`public.${column}`)]).toEqual([column, true]);
    const money = await bench.database.rows("select * from ledger_entries order by 1, 2");

    await erase(id);
    expect(await findEverywhere(ANNA)).toEqual([]);
    expect(await bench.database.rows("select * from ledger_entries order by 1, 2")).toEqual(money);
    expect((await bench.database.transaction((tx) => verifyLedger(tx))).faults).toEqual([]);
    const row = await bench.database.row("select state, value_minor, currency from grants where id = $1", [grant]);
    expect(row).toEqual({ state: "issued", value_minor: 500, currency: "EUR" });
    // what she was given cannot be opened any more
    expect(
      await bench.database.rows("select from orders where grant_id = $1 and content is not null", [grant]),
    ).toEqual([]);
    expect((await fetch(bench.door + (await bench.pageOf(grant)))).status).toBe(404);
    // the owner of the same deal is as they were
    expect(await bench.personOf("giulia@acme.example")).not.toBe("");
    // once more changes nothing
    await erase(id);
    expect(await findEverywhere(ANNA)).toEqual([]);
  });

  test("is not known again by what comes later, and their address is written to no more, under whatever id", async () => {
    const { id } = await anna();
    await erase(id);
    await bench.tell(bench.contact(802, "email", "anna.conti@customer.example"));
    const later = await bench.won("77", { contact: 802 });
    await bench.work();
    expect(await findEverywhere(ANNA)).toEqual([]);
    // nobody could open it: nothing is spent on it
    const grant = await bench.grantOf(later, "customer");
    expect(await bench.database.row("select state from grants where id = $1", [grant])).toEqual({ state: "cancelled" });
    expect((await bench.database.transaction((tx) => verifyLedger(tx))).faults).toEqual([]);

    await bench.tell(
      bench.contact(803, "email", "Anna.Conti@customer.example"),
      bench.contact(803, "phone", "+39 333 334 5678"),
    );
    const renewed = await bench.won("77", { contact: 803 });
    await bench.work();
    expect(await bench.messages(renewed, "customer")).toEqual([]);
    expect(await bench.waiting(renewed, "customer")).toBe(
      "not told: this address belongs to somebody who asked to be forgotten. The reward stays on their page",
    );
    // until they want it themselves
    bench.clock.advance(1_000);
    await bench.database.transaction((tx) =>
      noteConsent(bench.corridor, tx, {
        who: { address: "anna.conti@customer.example" },
        channel: "all",
        category: "all",
        status: "in",
        source: "page",
        evidence: "v1",
        at: bench.clock.now(),
      }),
    );
    await bench.work();
    expect(await bench.messages(renewed, "customer")).toMatchObject([{ channel: "email", state: "sent" }]);
  });
});

test("a rep who asks for it is nameless in every deal, and people.yaml does not bring them back", async () => {
  const deal = await bench.won("77");
  await bench.tell(
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: Number(deal),
      occurredAt: bench.clock.now().getTime(),
      propertyName: "amount",
      propertyValue: "70000",
    }),
  );
  await bench.work();
  const GIULIA = /giulia|347[ ]?123[ ]?4567/i;
  const before = await findEverywhere(GIULIA);
  expect(before.some((line) => line.startsWith("public.milestones.situation"))).toBe(true);
  await eraseAsked(bench.corridor, await bench.personOf("giulia@acme.example"));
  expect(await findEverywhere(GIULIA)).toEqual([]);
  expect(await bench.opened.loadPeople()).toEqual([]);
  expect(await findEverywhere(GIULIA)).toEqual([]);
  expect(await bench.personOf("tom@acme.example")).not.toBe("");
});

test("what we hold of somebody can be read by them: everything, and no code", async () => {
  const { id } = await anna();
  const all = await exportPerson(bench.corridor, id);
  expect(all).toMatchObject({
    workspace: "Acme Rewards",
    person: { name: "Anna Conti", email: "anna.conti@customer.example", phone: "+39 333 334 5678" },
    ids: [{ connection: "hub", kind: "contact", id: "802" }],
    consents: [{ channel: "sms", status: "out", source: "page" }],
    devices: [{ endpoint: "https://fcm.googleapis.com/anna" }],
    rewards: [
      { reward: "A coffee on us", value: "5 EUR", state: "issued", messages: [{ channel: "email", state: "sent" }] },
      { reward: "A coffee on us" },
    ],
    disputes: [{ text: "I am Anna Conti, call me: +39 333 334 5678", state: "open" }],
    records: [{ kind: "contact", id: "802", fields: { last_name: "Conti" } }],
  });
  expect(JSON.stringify(all)).not.toContain("CODE-");
});
