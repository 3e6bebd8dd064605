/** What was said before there was one table of consents counts afterwards as it did. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { type Database, openDatabase } from "../../src/db/sql.ts";
import { addressDigest } from "../../src/people/address-digest.ts";
import { mayTell } from "../../src/people/may-tell.ts";
import { createSealer } from "../../src/sealer.ts";
import { freshDatabaseUrl } from "../support/database.ts";

const sealer = createSealer(["a-secret-key-for-these-tests-that-is-long-enough"]);
const at = new Date("2026-11-25T10:00:00Z");
const nobody = { id: "00000000-0000-4000-8000-000000000000", erased_at: null };
let database: Database;

/** As they stood before: [address, channel, kind, why, source, evidence, since, until]. */
const suppressed: [string, string, string, string, string, string | null, string, string | null][] = [
  ["dead@x.example", "email", "all", "bad", "smtp", "550", "2026-11-01", "2027-01-30"],
  ["was-dead@x.example", "email", "all", "bad", "smtp", "550", "2026-01-01", "2026-04-01"],
  ["spam@x.example", "email", "all", "complained", "ses", "complaint", "2026-11-01", null],
  ["kind@x.example", "email", "reward", "optedOut", "unsubscribe", null, "2026-11-01", null],
  ["+391110000001", "sms", "all", "optedOut", "heard", "STOP", "2026-11-01", null],
  ["+391110000002", "sms", "all", "optedOut", "heard", "STOP", "2026-11-01", "2026-11-02"],
  ["+391110000003", "sms", "reward", "optedOut", "twilio", "21610", "2026-11-03", null],
  ["+391110000003", "sms", "all", "optedOut", "heard", null, "2026-11-02", "2026-11-02"],
  ["+391110000004", "sms", "all", "bad", "twilio", "30005", "2026-11-01", "2027-01-30"],
  ["+391110000005", "sms", "reward", "optedOut", "twilio", "21610", "2026-11-01", null],
  ["+391110000005", "sms", "all", "optedOut", "page", null, "2026-11-02", "2026-11-02"],
];
/** [address, agreed, last wrote]. */
const agreed: [string, string | null, string][] = [
  ["+391110000004", null, "2026-11-05"],
  ["+391110000006", "2026-11-01", "2026-11-01"],
  ["+391110000007", null, "2026-11-01"],
];

beforeAll(async () => {
  database = openDatabase(await freshDatabaseUrl(), { max: 2 });
  await database.run("drop schema public cascade");
  await database.run("create schema public");
  const migrations = await readMigrations();
  await migrate(
    database,
    migrations.filter(({ number }) => number < 21),
  );
  for (const [address, ...rest] of suppressed)
    await database.run(
      `insert into suppressions (address_digest, channel, kind, why, source, evidence, since, until) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [addressDigest(sealer, address), ...rest],
    );
  for (const [address, ...rest] of agreed)
    for (const channel of ["sms", "whatsapp"])
      await database.run(
        "insert into agreements (address_digest, channel, agreed_at, source, heard_at) values ($1, $2, $3, 'heard', $4)",
        [addressDigest(sealer, address), channel, ...rest],
      );
  await migrate(database, migrations);
});
afterAll(() => database.close());

test.each([
  ["a dead mailbox", "dead@x.example", "email", "the email address does not work, since 2026-11-01"],
  ["one whose time is over", "was-dead@x.example", "email", null],
  ["a complaint", "spam@x.example", "email", "a message by email was reported as unwanted, since 2026-11-01"],
  ["one click", "kind@x.example", "email", "opted out of this kind of message by email (one-click), since 2026-11-01"],
  ["STOP", "+391110000001", "sms", "opted out of sms (STOP), since 2026-11-01"],
  ["STOP, and START", "+391110000002", "sms", null],
  [
    "a vendor after START",
    "+391110000003",
    "sms",
    "opted out of this kind of message by sms (vendor), since 2026-11-03",
  ],
  ["a dead number that somebody wrote from later", "+391110000004", "sms", null],
  ["a vendor, and their page after that", "+391110000005", "sms", null],
  ["START on WhatsApp", "+391110000006", "whatsapp", null],
  ["who only wrote on WhatsApp", "+391110000007", "whatsapp", "no agreement to whatsapp is known"],
])("%s", async (_, address, channel, words) => {
  const answers = await mayTell(database, sealer, {
    recipient: nobody,
    addresses: new Map([[channel, address]]),
    category: "reward",
    at,
    agreedOnly: new Set(["whatsapp"]),
  });
  const answer = answers.get(channel);
  expect(answer && "words" in answer ? answer.words : null).toBe(words);
});

test("an opt-out by kind leaves the other kinds", async () => {
  const asked = {
    recipient: nobody,
    addresses: new Map([["email", "kind@x.example"]]),
    at,
    agreedOnly: new Set<string>(),
  };
  expect((await mayTell(database, sealer, { ...asked, category: "declined" })).get("email")).toEqual({ allowed: true });
});
