/** A quarter played against a real server, and the same sums done again in SQL, by what one rule says in English. */
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Database } from "../../src/db/sql.ts";
import { type Ran, runAccolade } from "../support/run-accolade.ts";
import { type Running, type SandboxFolder, sandboxFolder } from "../support/sandbox-server.ts";

let sandbox: SandboxFolder;
let server: Running;
let database: Database;

beforeAll(async () => {
  sandbox = await sandboxFolder();
  server = await sandbox.start();
  await server.says("Ctrl+C stops it");
  database = await sandbox.database();
}, 60_000);
afterAll(async () => {
  await database?.close();
  await sandbox?.remove();
}, 30_000);

const simulate = (...more: string[]): Promise<Ran> =>
  runAccolade(
    ["simulate", "--url", sandbox.url, "--events", "600", "--seed", "7", ...more],
    sandbox.folder,
    sandbox.env,
  );

const figure = (ran: Ran, name: string) => {
  const found = new RegExp(`^${name} +([\\d,]+)`, "m").exec(ran.stdout)?.[1];
  if (found === undefined) throw new Error(`no ${name} in:\n${ran.stdout}${ran.stderr}`);
  return Number(found.replaceAll(",", ""));
};

/** "Every won deal of 1000 EUR or more: 100 points for the rep who owned it." Once for each deal and owner. */
const dueByHand = `
  with status as (
    select *, lag(value) over (partition by connection, record_id order by at, value) as before
    from facts where kind = 'deal' and field = 'status'
  ), wins as (
    select connection, record_id, at from status w where value = '"won"' and value is distinct from before
      and not exists (select from status later where later.connection = w.connection and later.record_id = w.record_id
        and later.at > w.at and later.value <> '"won"')
  ), seen as (
    select w.connection, w.record_id,
      (select f.value #>> '{}' from facts f where f.connection = w.connection and f.record_id = w.record_id and f.field = 'owner'
         and f.at <= w.at + interval '5 seconds' order by f.at desc limit 1) as owner,
      coalesce(
        (select f.value from facts f where f.connection = w.connection and f.record_id = w.record_id and f.field = 'amount'
           and f.at <= w.at + interval '5 seconds' order by f.at desc limit 1),
        (select f.value from facts f where f.connection = w.connection and f.record_id = w.record_id and f.field = 'amount'
           order by f.at limit 1))::numeric
      * case when exists (select from facts f where f.connection = w.connection and f.record_id = w.record_id
          and f.field = 'currency' and f.value = '"USD"') then 0.92 else 1 end as euros
    from wins w
  ), due as (
    select distinct connection, record_id, connection || '/user/' || owner as recipient from seen where euros >= 1000
  ), given as (
    select m.connection, m.subject_id as record_id, g.recipient_key as recipient, count(*) as grants,
      bool_and(g.value_minor = 100 and g.currency = 'PTS') as right_value
    from grants g join milestones m on m.id = g.milestone_id where g.rule_id = 'deal-won' and g.state <> 'cancelled'
      and g.undone_at is null
    group by 1, 2, 3
  )
  select count(due.recipient)::int as due, count(given.recipient)::int as given,
    (count(*) filter (where due.recipient is null or given.recipient is null or given.grants <> 1 or not given.right_value))::int as wrong
  from due full join given using (connection, record_id, recipient)`;

test("a quarter ends with every expected grant and none extra, and a second one is new deals", async () => {
  const first = await simulate("--rate", "400");
  expect(first.stdout).toContain("Every expected grant is there, and none extra.");
  expect(first.stderr).toBe("");
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^sent +\d+ requests with 600 events, [1-9]\d* of them twice$/m);
  for (const name of ["missing", "extra", "other value"]) expect(figure(first, name)).toBe(0);
  expect(figure(first, "expected")).toBe(figure(first, "granted"));
  expect(figure(first, "expected")).toBeGreaterThan(15);

  const byHand = await database.row<{ due: number; given: number; wrong: number }>(dueByHand);
  expect(byHand?.wrong).toBe(0);
  expect(byHand?.given).toBe(byHand?.due);
  expect(byHand?.due).toBeGreaterThan(5);

  const records = "select count(*)::int as n from records where kind in ('deal', 'contact')";
  const before = (await database.row<{ n: number }>(records))?.n ?? 0;
  const second = await simulate("--rate", "0", "--concurrency", "20");
  expect(second.code).toBe(0);
  // the scene's four records were there before
  expect((await database.row<{ n: number }>(records))?.n).toBe(before + (before - 4));
  expect(figure(second, "expected")).toBe(figure(first, "expected"));
  const both = await database.row<{ due: number; given: number; wrong: number }>(dueByHand);
  expect(both?.wrong).toBe(0);

  const lost = "select count(*)::int as n from events where state <> 'decided'";
  expect((await database.row<{ n: number }>(lost))?.n).toBe(0);
}, 120_000);

test("where the server granted otherwise, the summary says what, and the exit code is 1", async () => {
  // a server that forgets what it was told to give: a trigger stands in for the fault
  await database.run(`create function forget() returns trigger language plpgsql as $$ begin
    if new.rule_id = 'deal-won' then return null; end if; return new; end $$`);
  await database.run("create trigger forget before insert on grants for each row execute function forget()");
  const ran = await simulate("--rate", "0");
  await database.run("drop trigger forget on grants");
  expect(figure(ran, "missing")).toBeGreaterThan(5);
  expect(figure(ran, "extra")).toBe(0);
  expect(ran.stdout).toMatch(/^ {2}deal-won, .+: expected 100 points, found nothing$/m);
  expect(ran.code).toBe(1);
}, 120_000);

test("no server, another workspace's server and a workspace for real are refused in words", async () => {
  const stranger = createServer((request, response) => {
    response.writeHead(request.method === "GET" ? 200 : 401).end();
  }).listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const address = stranger.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const refused = await simulate("--url", `http://127.0.0.1:${port}`);
  await new Promise((resolve) => stranger.close(resolve));
  expect(refused.stdout).toMatch(/got an answer of 401, and the rest was not sent/);
  expect(refused.code).toBe(1);
  const nobody = await simulate("--url", `http://127.0.0.1:${port}`);
  expect(nobody.stderr).toContain(`http://127.0.0.1:${port}: found no running server`);
  expect(nobody.code).toBe(1);

  const config = path.join(sandbox.folder, "accolade.yaml");
  await writeFile(
    config,
    `connections:
  hub: { connector: hubspot, clientSecret: a-secret-of-the-app }
providers:
  points: { provider: points }
  code-pool: { provider: code-pool }
channels:
  email: { sender: smtp, host: mail.acme.example, from: { name: Acme, address: rewards@acme.example } }
`,
  );
  const real = await simulate();
  await rm(config);
  expect(real.stderr).toContain("set up for real: email by smtp, rewards from code-pool");
  expect(real.code).toBe(1);
}, 60_000);
