/** Who asks to be forgotten is found nowhere afterwards, and is not written to again. The money rows stay. */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { SqlValue } from "../../src/db/sql.ts";
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

/** Tables with a column that can hold words, and nothing of hers. */
const tablesWithoutHer = async (found: readonly string[]): Promise<string[]> => {
  const hers = new Set(found.map((line) => /^public\.(\w+)\./.exec(line)?.[1]));
  const tables = await bench.database.rows<{ name: string }>(
    `select distinct table_name as name from information_schema.columns
     where table_schema = 'public' and data_type in ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying') order by 1`,
  );
  return tables.map(({ name }) => name).filter((name) => !hers.has(name));
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

/** Tables in which nobody is found, and why: whoever adds one says so here, or seeds it below. */
const nobodyIn: Readonly<Record<string, string>> = {
  budgets: "sums",
  budget_alerts: "sums",
  catalogs: "what providers sell",
  codes: "sealed codes of the company",
  connection_tokens: "sealed tokens of the company",
  debts: "sums",
  due_again: "ids of records",
  ledger_accounts: "the recipient's id",
  ledger_postings: "ids of grants",
  limit_totals: "ids and counts",
  limit_uses: "ids and counts",
  metric_basis: "a hash",
  metric_cells: "ids and counts",
  metric_contributions: "ids and counts",
  metric_watches: "ids of records",
  metrics_due: "ids of owners",
  migrations: "names of files",
  moments: "ids, and the team's name",
  offer_takes: "counts",
  pauses: "what admins write of the whole workspace: docs/people.md asks them to name no recipient",
  provider_standing: "what providers say of themselves",
  provider_tokens: "sealed tokens of the company",
  purchases: "ids of records, and the team's name",
  recipient_ids: "ids of records: without them the CRM's next news would make the person anew",
  redemptions: "ids and sums",
  rule_turns: "who loaded rules",
  rule_versions: "the company's rules: docs/people.md asks to name no recipient",
  rules_seen: "ids of rules",
  senders: "what vendors say of themselves",
  stops: "ids and sums",
  team_history: "ids of users, and the team's name",
  usual_spend: "sums",
  vendor_queues: "names of accounts",
  vendor_turns: "ids of orders",
  walls: "who made a wall",
  webhook_endpoints: "settings of the company",
  window_turns: "names of metrics",
  write_back_connections: "settings of the company",
};

const ANNA = /anna|conti|verdi\b|334[ .]?567/i;

/** Words of people and vendors, and what other systems were told, in every table that keeps such. */
const wordsOfAnna = async (grant: string, other: string, id: string) => {
  const { database } = bench;
  const message = await database.row<{ id: string }>("select id from messages where grant_id = $1", [grant]);
  const put = (text: string, values: readonly SqlValue[]) => database.run(text, values);
  await put(
    `insert into receipts (channel, key, what, message_id, message_key, state, detail, at, received_at)
     values ('email', 'r', 'state', $1, 'k', 'delivered', 'left at the door of Anna', now(), now())`,
    [message?.id],
  );
  await put("update messages set reason = 'for Anna Conti' where id = $1", [message?.id]);
  await put("update grants set waiting = 'nobody found Anna' where id = $1", [grant]);
  await put(
    `insert into grant_moves (grant_id, from_state, to_state, actor, why, why_code, why_values)
     values ($1, 'issued', 'issued', 'x', 'debt forgiven: Anna left', 'debt_forgiven', '{"values": {"why": "Anna left"}}')`,
    [grant],
  );
  // on somebody else's reward
  await put(
    `insert into grant_moves (grant_id, from_state, to_state, actor, why) values ($1, 'issued', 'issued', 'x', 'as Anna Conti wished')`,
    [other],
  );
  await put(
    `insert into orders_past (grant_id, round, provider, request, cost_minor, refused_detail)
     values ($1, 1, 'codes', '{"recipient": {"name": "Anna Conti", "email": "anna.conti@customer.example"}}', 500, 'no gift for Anna Conti')`,
    [grant],
  );
  await put(
    `insert into reward_tasks (id, provider, order_key, state, title, instructions, value_minor, currency, recipient_id, created_at, closed_at, closed_by, note, tracking_url)
     values (gen_random_uuid(), 'manual', 'o', 'done', 'Dinner', 'Call them', 1, 'EUR', $1, now(), now(), 'x', 'Anna, have fun', 'https://post.example/anna')`,
    [id],
  );
  await put("insert into sender_pairs values ('email', 'smtp', $1, now(), 'too much for Anna')", [id]);
  await put(
    "update approvals set reason = 'Anna Conti is right' where dispute_id in (select id from disputes where recipient_id = $1)",
    [id],
  );
  await put(
    `insert into costs (id, kind, amount, currency, from_day, until_day, note) values ('c', 'retention', 1, 'EUR', now(), now(), 'dinner with Anna Conti')`,
    [],
  );
  await put(
    "insert into webhook_endpoints (id, events, personal, url_digest, in_force) values ('desk', '{}', true, 'x', false)",
    [],
  );
  await put(
    `with told as (
       insert into outgoing (event_id, endpoint, type, thread, grant_id, recipient_id, body, created_at, reason)
       values (gen_random_uuid(), 'desk', 'grant.issued', 't', $1, $2,
         '{"data": {"recipient": {"id": "1", "email": "anna.conti@customer.example", "name": "Anna Conti"}}}', now(), 'answered: who is Anna?') returning id)
     insert into outgoing_attempts (outgoing_id, started_at, detail) select id, now(), 'answered 500: no Anna here' from told`,
    [grant, id],
  );
  await put("insert into write_back_connections values ('hub', true, false, false)", []);
  await put(
    `insert into write_backs (connection, subject_kind, subject_id, grant_id, what, happened, happened_at, state, request, reason)
     values ('hub', 'deal', '1', $1, 'note', 'issued', now(), 'written', '{"text": "Anna Conti got 5 EUR"}', 'no task for Anna')`,
    [grant],
  );
  await put(
    `insert into inbox (connection, format, body, received_at, state, reason) values ('hub', 'hubspot', $1, now(), 'parked', 'found Anna Conti, expected an id')`,
    [deflateRawSync('{"who": "Anna Conti"}')],
  );
  await put("update events set reason = 'found Anna Conti, expected a day' where key = 'parked'", []);
};

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
      evidence: "Anna said so on the phone",
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
  await wordsOfAnna(grant, fromOther, id);
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
    // it would prove nothing to look where she never was: she is in every table that can hold a word of anybody
    expect(await tablesWithoutHer(before)).toEqual(Object.keys(nobodyIn).sort());
    const columns = new Set(before.map((line) => line.split(":")[0]));
    for (const column of ["events.actor", "events.facts", "events.reason", "grant_moves.why_values", "outbox.html"])
      expect([column, columns.has(`public.${column}`)]).toEqual([column, true]);
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
    person: { name: "Anna Conti", email: "anna.conti@customer.example", phone: "+393333345678" },
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
