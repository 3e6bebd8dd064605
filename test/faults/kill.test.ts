/** `kill -9` of the real server at random moments loses no accepted delivery and pays nothing twice. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Database, openDatabase } from "../../src/db/sql.ts";
import { packageRoot } from "../../src/package-root.ts";
import { importCodes } from "../../src/rewards/index.ts";
import { createSealer } from "../../src/sealer.ts";
import { freshDatabaseUrl } from "../support/database.ts";
import { freePort } from "../support/free-port.ts";
import { CLIENT_SECRET, hubspotEvent } from "../support/hubspot-door.ts";
import { sign } from "../support/sign-hubspot.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";
import { startTremendousApi } from "../support/tremendous-api.ts";
import { atAnyHour, eventually } from "../support/workspace.ts";

const KILLS = 25;
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 100_000);
const SECRET_KEY = "a-secret-key-of-the-kill-test-which-is-long-enough";

/** Mulberry32: small, seeded, and good enough to choose moments. */
const random = (() => {
  let state = SEED;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
})();

let folder: string;
let database: Database;
let door: string;
let environment: Record<string, string>;
let smtp: Awaited<ReturnType<typeof startSmtpSink>>;
let tremendous: Awaited<ReturnType<typeof startTremendousApi>>;
let server: ChildProcess | undefined;
let said = "";

const config = () => `
connections:
  hub: { connector: hubspot, clientSecret: ${CLIENT_SECRET} }
providers:
  points: { provider: points }
  codes: { provider: code-pool }
  cards: { provider: tremendous, environment: sandbox, apiKey: ${tremendous.apiKey}, apiBase: "${tremendous.url}", timeoutMs: 1000, lookupAfterMs: 500 }
channels:
  email: { sender: smtp, host: 127.0.0.1, port: ${smtp.port}, user: ${smtp.user}, password: "${smtp.password}", requireTls: false, from: { name: Acme, address: rewards@acme.example } }
  sms: { sender: outbox }
people: people.yaml
`;
const rules = `
rewards:
  - { id: points, title: Points, provider: points, value: 10 points }
  - { id: code, title: A code, provider: codes, pool: coffee, value: 5 EUR }
  - { id: card, title: A card, provider: cards, products: [amazon-it], value: 10 EUR }
rules:
  - { id: points, title: Points, on: deal.won, reward: { to: owner, give: points }, notify: [sms] }
  - { id: codes, title: Codes, on: deal.won, reward: { to: owner, give: code }, notify: [sms] }
  - { id: cards, title: Cards, on: deal.won, reward: { to: owner, give: card }, notify: [email] }
`;

beforeAll(async () => {
  [smtp, tremendous] = await Promise.all([startSmtpSink(), startTremendousApi()]);
  tremendous.behaviour.balance = 1_000_000;
  folder = await mkdtemp(path.join(tmpdir(), "accolade-kill-"));
  await mkdir(path.join(folder, "rules"));
  await writeFile(path.join(folder, "accolade.yaml"), atAnyHour(config()));
  await writeFile(path.join(folder, "rules", "all.yaml"), rules);
  await writeFile(
    path.join(folder, "people.yaml"),
    `people:\n  - { name: Giulia, email: giulia@acme.example, phone: "+39 347 123 4567", crm: { hub: "77" } }\n`,
  );
  const url = await freshDatabaseUrl();
  database = openDatabase(url);
  const port = await freePort();
  door = `http://127.0.0.1:${port}`;
  environment = {
    ...process.env,
    NODE_OPTIONS: "",
    DATABASE_URL: url,
    PORT: String(port),
    PUBLIC_URL: door,
    ACCOLADE_SECRET_KEY: SECRET_KEY,
    LOG_LEVEL: "warn",
  } as Record<string, string>;
  const codes = Array.from({ length: 2_000 }, (_, index) => `CODE-${index}`).join("\n");
  await importCodes(database, createSealer([SECRET_KEY]), "coffee", `code\n${codes}\n`, new Date());
}, 60_000);

afterAll(async () => {
  server?.kill("SIGKILL");
  await database?.close();
  await Promise.all([smtp?.close(), tremendous?.close()]);
  await rm(folder, { recursive: true, force: true });
}, 30_000);

const start = async () => {
  const child = spawn(process.execPath, [path.join(packageRoot, "bin", "accolade.js"), "serve"], {
    cwd: folder,
    env: environment,
  });
  server = child;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-5_000);
    });
  await eventually(
    "the server to be ready",
    async () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${said}`);
      return fetch(`${door}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
    },
    60_000,
  );
};

const kill = async () => {
  const child = server;
  if (!child) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
};

let deals = 1_000;
const accepted = new Set<number>();

/** One delivery of some won deals; true once the server has answered 2xx. A CRM would send it again otherwise. */
const send = async (ids: readonly number[]): Promise<boolean> => {
  const occurredAt = Date.now();
  const events = ids.flatMap((objectId) => [
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId,
      occurredAt,
      propertyName: "hubspot_owner_id",
      propertyValue: "77",
    }),
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId,
      occurredAt,
      propertyName: "dealstage",
      propertyValue: "closedwon",
    }),
  ]);
  const body = JSON.stringify(events);
  const url = `${door}/webhooks/hub`;
  const headers = sign({ method: "POST", url, rest: "", body, now: new Date() }, { clientSecret: CLIENT_SECRET });
  const answer = await fetch(url, { method: "POST", headers, body }).catch(() => undefined);
  if (!answer?.ok) return false;
  for (const id of ids) accepted.add(id);
  return true;
};

test(`${KILLS} kills at random moments (FAULTS_SEED=${SEED})`, async () => {
  const unanswered: number[][] = [];
  for (let round = 0; round < KILLS; round++) {
    await start();
    const killAfter = random() * 700;
    let over = false;
    const killed = new Promise<void>((resolve) => setTimeout(resolve, killAfter)).then(async () => {
      over = true;
      await kill();
    });
    while (!over) {
      const ids = unanswered.shift() ?? Array.from({ length: 1 + Math.floor(random() * 4) }, () => ++deals);
      if (!(await send(ids))) unanswered.push(ids);
      await new Promise((resolve) => setTimeout(resolve, random() * 40));
    }
    await killed;
  }
  await start();
  // what was never answered the CRM sends again: then it counts once too
  for (const ids of unanswered) expect(await send(ids)).toBe(true);
  expect(accepted.size).toBeGreaterThan(KILLS);

  const expected = [...accepted].map(String).sort();
  await eventually(
    "everything to be worked off",
    async () => {
      const left = await database.row<{ n: number }>(
        `select ((select count(*) from inbox where state <> 'done') + (select count(*) from events where state <> 'decided')
           + (select count(*) from grants where state <> 'issued') + (select count(*) from messages where state in ('queued', 'sending')))::int as n`,
      );
      return left?.n === 0;
    },
    180_000,
  );
  await kill();

  const subjects = await database.rows<{ rule_id: string; ids: string[] }>(
    "select rule_id, array_agg(m.subject_id order by m.subject_id) as ids from grants g join milestones m on m.id = g.milestone_id group by 1 order by 1",
  );
  expect(subjects).toEqual(["cards", "codes", "points"].map((rule_id) => ({ rule_id, ids: expected })));

  const ordered = tremendous.orders.map((order) => order.body.external_id).sort();
  const cards = await database.rows<{ id: string }>("select id from grants where rule_id = 'cards' order by id::text");
  expect(ordered).toEqual(cards.map((row) => row.id));
  const codes = await database.row<{ given: number; grants: number }>(
    "select count(*)::int as given, count(distinct order_key)::int as grants from codes where order_key is not null",
  );
  expect(codes).toEqual({ given: expected.length, grants: expected.length });

  const books = await database.rows<{ account: string; minor: number }>(
    `select split_part(a.code, ':', 1) || ' ' || a.currency as account, sum(e.amount_minor)::int as minor
     from ledger_entries e join ledger_accounts a on a.id = e.account_id group by 1 order by 1`,
  );
  const n = expected.length;
  expect(books).toEqual([
    { account: "funding EUR", minor: -1_500 * n },
    { account: "funding PTS", minor: -10 * n },
    { account: "issued EUR", minor: 1_500 * n },
    { account: "points PTS", minor: 10 * n },
    { account: "reserved EUR", minor: 0 },
    { account: "reserved PTS", minor: 0 },
  ]);

  // one message per grant; a mail whose send was interrupted says so instead of going out twice
  const messages = await database.rows<{ channel: string; state: string; n: number }>(
    "select channel, state, count(*)::int as n from messages group by 1, 2 order by 1, 2",
  );
  const of = (channel: string, ...states: string[]) =>
    messages
      .filter((row) => row.channel === channel && states.includes(row.state))
      .reduce((sum, row) => sum + row.n, 0);
  expect(of("sms", "sent")).toBe(2 * n);
  expect(of("email", "sent", "unknown")).toBe(n);
  const mails = new Map<string, number>();
  for (const { mail } of smtp.received) mails.set(mail.messageId ?? "", (mails.get(mail.messageId ?? "") ?? 0) + 1);
  expect([...mails.values()].every((count) => count === 1)).toBe(true);
  expect(mails.size).toBeGreaterThanOrEqual(of("email", "sent"));
  expect((await database.row<{ n: number }>("select count(*)::int as n from outbox"))?.n).toBe(2 * n);
}, 420_000);
