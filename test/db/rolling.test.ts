/** A version is rolled out while another one still runs: the rule for migrations, and what it is good for. */
import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import { type Migration, migrate, readMigrations } from "../../src/db/migrate.ts";
import { freshDatabaseUrl } from "../support/database.ts";
import { CLIENT_SECRET, hubspotEvent, signedBatch } from "../support/hubspot-door.ts";
import { eventually, type RunningWorkspace, startWorkspace, type WorkspaceFiles } from "../support/workspace.ts";

/** The first migration that was written with the rule in force. */
const FIRST = 28;
/** What an older version would stumble over. */
const BREAKS = [
  /\bdrop\s+(table|column|type|function|view|schema)\b/i,
  /\brename\s+(to|column|constraint)\b/i,
  /\bset\s+not\s+null\b/i,
  /\balter\s+column\s+\w+\s+(set\s+data\s+)?type\b/i,
  /\badd\s+column\s+(?:if\s+not\s+exists\s+)?\w+\s+(?:(?!\bdefault\b|\bgenerated\b)[^,;])*\bnot\s+null\b(?:(?!\bdefault\b|\bgenerated\b)[^,;])*[,;]/i,
];
const withoutComments = (text: string) => text.replace(/--.*$/gm, "");

test("every migration says whether it expands or contracts, and one that expands breaks no older version", async () => {
  for (const { number, name, text } of await readMigrations()) {
    if (number < FIRST) continue;
    expect([name, /^-- (expand|contract)\b/.test(text)]).toEqual([name, true]);
    if (text.startsWith("-- expand"))
      expect([name, BREAKS.filter((pattern) => pattern.test(withoutComments(text)))]).toEqual([name, []]);
  }
});

test.each([
  ["alter table grants add column note text not null;", true],
  ["alter table grants add column note text not null default '';", false],
  ["alter table grants add column note text, add column n int not null;", true],
  ["alter table grants drop column note;", true],
  ["alter table grants alter column note type int;", true],
  ["alter table grants alter column note set not null;", true],
  ["alter table grants rename column note to notes;", true],
  ["create index grants_note on grants (note);", false],
  ["create table notes (id bigint primary key, text text not null);", false],
])("%s would break an older version: %s", (text, breaks) => {
  expect(BREAKS.some((pattern) => pattern.test(text))).toBe(breaks);
});

const files = (databaseUrl: string): WorkspaceFiles => ({
  config: `connections:\n  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }\nproviders:\n  points: { provider: points }\nchannels:\n  email: { sender: outbox }\npeople: people.yaml\n`,
  rules: {
    "all.yaml":
      "rewards:\n  - { id: p, title: P, provider: points, value: 5 points }\nrules:\n  - { id: won, title: Won, on: deal.won, reward: { to: owner, give: p } }\n",
  },
  people: `people:\n  - { name: Giulia, email: giulia@acme.example, crm: { hub: "77" } }\n`,
  env: { DATABASE_URL: databaseUrl },
});

let deals = 0;
const won = async ({ door }: RunningWorkspace) => {
  const occurredAt = Date.now();
  const objectId = ++deals;
  const change = (propertyName: string, propertyValue: string) =>
    hubspotEvent({ subscriptionType: "deal.propertyChange", objectId, occurredAt, propertyName, propertyValue });
  const events = [change("hubspot_owner_id", "77"), change("dealstage", "closedwon")];
  const { headers, body } = signedBatch("hub", events, new Date());
  return (await fetch(`${door}/webhooks/hub`, { method: "POST", headers, body })).status;
};
const told = ({ server }: RunningWorkspace) =>
  server.opened.database.row<{ n: number }>("select count(*)::int as n from outbox").then((row) => row?.n ?? 0);

const next = (number: number, text: string): Migration => ({
  number,
  name: `${number}_next.sql`,
  text,
  hash: createHash("sha256").update(text).digest("hex"),
  expands: text.startsWith("-- expand"),
});

test("beside a newer version that expands, this one goes on and can be started; one that contracts refuses it", async () => {
  const url = await freshDatabaseUrl();
  const old = await startWorkspace(files(url));
  let another: RunningWorkspace | undefined;
  try {
    expect(await won(old)).toBe(202);
    await eventually("the first message", async () => (await told(old)) === 1);

    const expanding = next(
      9001,
      `-- expand
       alter table inbox add column colour text not null default 'red';
       alter table events add column colour text;
       alter table grants add column colour text not null default 'red';
       alter table messages add column colour text;
       alter table ledger_postings add column colour text;
       create table colours (grant_id uuid references grants);
       create index grants_colour on grants (colour);`,
    );
    const { database } = old.server.opened;
    expect(await migrate(database, [...(await readMigrations()), expanding])).toBe(1);
    expect(await won(old)).toBe(202);
    await eventually("a message of the one that ran", async () => (await told(old)) === 2);
    another = await startWorkspace(files(url));
    expect(await won(another)).toBe(202);
    await eventually("a message of the one that was started", async () => (await told(old)) === 3);

    const contracting = next(9002, "-- contract\n drop table colours;");
    await migrate(database, [...(await readMigrations()), expanding, contracting]);
    await expect(startWorkspace(files(url))).rejects.toThrow(/9002_next\.sql.*start that version/);
  } finally {
    await another?.stop();
    await old.stop();
  }
}, 180_000);
