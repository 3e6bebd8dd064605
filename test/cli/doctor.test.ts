// `accolade doctor` as an integrator runs it: a process in their folder, against vendors that answer as documented.
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { openDatabase } from "../../src/db/sql.ts";
import { packageRoot } from "../../src/package-root.ts";
import { importCodes } from "../../src/rewards/index.ts";
import { createSealer } from "../../src/sealer.ts";
import { ORG, SECRET_PATH, startVendors, type Vendors, WEBHOOK_SECRET } from "../journeys/workspaces.ts";
import { freshDatabaseUrl } from "../support/database.ts";
import { noScope } from "../support/hubspot-api.ts";
import { redisAtHand, startRedis } from "../support/redis.ts";
import { runHere } from "../support/run-here.ts";
import { clientId } from "../support/salesforce-api.ts";

const objects = ["Opportunity", "Contact", "Lead", "Account", "User", "OpportunityHistory", "OpportunityStage"];
const secretKey = "k".repeat(40);

let vendors: Vendors;
/** One home for all: what one run has compiled, the next one need not. */
let home: string;
const folders: string[] = [];
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "accolade-doctor-home-"));
  folders.push(home);
  vendors = await startVendors();
  for (const name of objects) vendors.salesforce.tables[name] = [];
});
afterAll(async () => {
  await vendors.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const accoladeYaml = () => `
workspace: { name: Acme Rewards, currency: EUR, timeZone: Europe/Rome }
connections:
  hubspot-main:
    connector: hubspot
    clientSecret: \${HUBSPOT_CLIENT_SECRET}
    portalId: 62515
    accessToken: \${HUBSPOT_ACCESS_TOKEN}
    apiBase: ${vendors.hubspot.url}
  salesforce-main:
    connector: salesforce
    orgId: ${ORG}
    secretPath: \${SALESFORCE_SECRET_PATH}
    calloutSecret: \${SHOP_SECRET}
    api: { loginUrl: "${vendors.salesforce.loginUrl}", clientId: ${clientId}, clientSecret: "\${SALESFORCE_CLIENT_SECRET}" }
  shop: { connector: webhook, secret: "\${SHOP_SECRET}" }
providers:
  points: { provider: points }
  codes: { provider: code-pool, lowStock: 1 }
  cards: { provider: tremendous, environment: sandbox, apiKey: "\${TREMENDOUS_API_KEY}", apiBase: "${vendors.tremendous.url}" }
channels:
  email: { sender: smtp, host: 127.0.0.1, port: ${vendors.smtp.port}, user: ${vendors.smtp.user}, password: "\${SMTP_PASSWORD}", requireTls: false, from: { name: Acme, address: rewards@acme.example } }
  sms: { sender: twilio, accountSid: ${vendors.twilio.accountSid}, authToken: "\${TWILIO_AUTH_TOKEN}", from: "+15005550006", apiBase: "${vendors.twilio.url}" }
  whatsapp: { sender: meta, accessToken: "\${WHATSAPP_TOKEN}", phoneNumberId: "${vendors.meta.phoneNumberId}", apiBase: "${vendors.meta.url}" }
people: people.yaml
`;
const secrets = () => ({
  HUBSPOT_CLIENT_SECRET: "hubspot-client-secret",
  HUBSPOT_ACCESS_TOKEN: "pat-dummy",
  SALESFORCE_SECRET_PATH: SECRET_PATH,
  SALESFORCE_CLIENT_SECRET: "sample_consumer_secret",
  SHOP_SECRET: WEBHOOK_SECRET,
  TREMENDOUS_API_KEY: vendors.tremendous.apiKey,
  SMTP_PASSWORD: vendors.smtp.password,
  TWILIO_AUTH_TOKEN: vendors.twilio.authToken,
  WHATSAPP_TOKEN: vendors.meta.accessToken,
  ACCOLADE_SECRET_KEY: secretKey,
});
const rules = `
rewards: [{ id: thanks, title: Thanks, provider: points, value: 10 points }]
rules: [{ id: won, title: Won, on: deal.won, reward: { to: owner, give: thanks }, notify: [email] }]
`;
const people = `
people:
  - { name: Giulia Bianchi, email: giulia@acme.example, phone: "+39 347 123 4567", manager: nora@acme.example }
  - { name: Nora Keller, email: nora@acme.example }
`;

interface Line {
  status: "ok" | "bad" | "skipped";
  what: string;
  found?: string;
  todo?: string;
}
interface Run {
  code: number;
  text: string;
  /** Every line, of all sections. */
  lines: Line[];
  bad: Line[];
  /** Titles of the sections that were not looked at. */
  skipped: string[];
}
interface Files {
  "accolade.yaml"?: string | null;
  "rules/rules.yaml"?: string;
  "people.yaml"?: string;
}

/** A folder as an integrator has it, in which everything is in order but for what is given. */
const workspace = async (files: Files = {}) => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-doctor-"));
  folders.push(folder);
  await mkdir(path.join(folder, "rules"));
  const all = { "accolade.yaml": accoladeYaml(), "rules/rules.yaml": rules, "people.yaml": people, ...files };
  for (const [name, text] of Object.entries(all)) if (text !== null) await writeFile(path.join(folder, name), text);
  return folder;
};

/** As a process of its own. */
const doctor = (folder: string, env: Record<string, string>, args: string[] = []) =>
  new Promise<{ code: number; text: string }>((resolve) => {
    const { PATH = "", HOME = "" } = process.env;
    const command = [path.join(packageRoot, "bin", "accolade.js"), "doctor", ...args];
    execFile(process.execPath, command, { cwd: folder, env: { PATH, HOME, ...env } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, text: stdout + stderr }),
    );
  });

const here = async (folder: string, env: Record<string, string>) => {
  const { code, stdout, stderr } = await runHere(["doctor", "--json"], folder, env);
  return { code, text: stdout + stderr };
};
const apart = (folder: string, env: Record<string, string>) => doctor(folder, env, ["--json"]);

const run = async (files: Files = {}, env: Record<string, string> = {}, by = here): Promise<Run> => {
  const folder = await workspace(files);
  const databaseUrl = env.DATABASE_URL ?? (await freshDatabaseUrl());
  const PUBLIC_URL = "https://rewards.acme.example";
  const { code, text } = await by(folder, {
    ...{ PUBLIC_URL, ACCOLADE_HOME: home, ...secrets(), DATABASE_URL: databaseUrl },
    ...env,
  });
  const parsed: { sections: { title: string; lines: Line[] }[] } = JSON.parse(text);
  const lines = parsed.sections.flatMap((section) => section.lines);
  const skipped = parsed.sections
    .filter((section) => section.lines.every(({ status }) => status === "skipped"))
    .map(({ title }) => title);
  return { code, text, lines, skipped, bad: lines.filter(({ status }) => status === "bad") };
};

/** Nothing that came from the environment is shown, but the path that Salesforce must be given, in the steps. */
const expectNoSecrets = (text: string) => {
  const [report = ""] = text.split('"setUp"');
  for (const [name, secret] of Object.entries(secrets())) {
    if (report.includes(secret)) throw new Error(`doctor shows ${name}`);
    if (name !== "SALESFORCE_SECRET_PATH" && text.includes(secret))
      throw new Error(`doctor shows ${name} in the steps`);
  }
};

const imported = async () => {
  const url = await freshDatabaseUrl();
  const database = openDatabase(url);
  const codes = "code\nAAAA-1\nAAAA-2\nAAAA-3\n";
  await importCodes(database, createSealer([secretKey]), "welcome", codes, new Date());
  await database.close();
  return url;
};

describe("everything in order", () => {
  test("ends with 0 and the exact URL and steps for each CRM, in words", async () => {
    const DATABASE_URL = await imported();
    const env = { PUBLIC_URL: "https://rewards.acme.example", ...secrets(), DATABASE_URL };
    const { code, text } = await doctor(await workspace(), env);
    expect(text).not.toContain("!!");
    expect(code).toBe(0);
    expect(text).toContain("Target URL: https://rewards.acme.example/webhooks/hubspot-main\n");
    expect(text).toContain(`https://rewards.acme.example/webhooks/salesforce-main/${SECRET_PATH}\n`);
    expect(text).toContain("Enter this in HubSpot (hubspot-main)");
    expect(text.trimEnd()).toMatch(/All is well\.$/);
    expect(text).toMatch(/ {2}ok {2}codes: code pool "welcome": 3 codes left\n/);
    for (const part of ["hubspot-main: HubSpot lets us read deals", "salesforce-main: Salesforce login"])
      expect(text).toContain(`  ok  ${part}`);
    for (const part of ["cards: Tremendous API key", "email: SMTP", "sms: Twilio", "whatsapp: WhatsApp"])
      expect(text).toContain(`  ok  ${part}`);
    expectNoSecrets(text.replaceAll(`salesforce-main/${SECRET_PATH}`, ""));
  });

  test("changes nothing in the database that it is given", async () => {
    const DATABASE_URL = await freshDatabaseUrl();
    const client = new pg.Client({ connectionString: DATABASE_URL });
    await client.connect();
    await client.query("drop schema public cascade; create schema public");
    const { lines, code } = await run({}, { DATABASE_URL });
    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ what: "migrations", status: "skipped" }));
    expect(lines).toContainEqual({ what: "can write", status: "ok" });
    const tables = await client.query(
      "select from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    await client.end();
    expect(tables.rowCount).toBe(0);
  });

  test("the sandbox, without and then beside a running embedded PostgreSQL", async () => {
    const folder = await workspace({ "accolade.yaml": null });
    // where we are root, PostgreSQL runs as somebody else
    await chmod(folder, 0o755);
    const { code, text } = await doctor(folder, {});
    expect([code, text.match(/!!.*/g)]).toEqual([0, null]);
    expect(text).toContain("back up");
    expect(text).not.toContain("Enter this");

    const postgres = await startEmbeddedPostgres(path.join(folder, ".accolade", "postgres"));
    try {
      // doctor stopped its own one
      expect(postgres.how).toBe("started");
      const server = openDatabase(postgres.url);
      await server.row("select 1");
      const beside = await doctor(folder, {});
      expect(beside.code).toBe(0);
      expect(beside.text).toContain("in use");
      // and left this one running
      expect(await server.row("select 1 as one")).toEqual({ one: 1 });
      await server.close();
    } finally {
      await postgres.stop();
    }
  }, 60_000);
});

describe("what is wrong is named, with what to do, and the rest is looked at all the same", () => {
  test("credentials that every vendor refuses", async () => {
    vendors.smtp.setMood("wrongCredentials");
    const found = await run(
      {},
      {
        HUBSPOT_ACCESS_TOKEN: "pat-of-yesterday",
        SALESFORCE_CLIENT_SECRET: "wrong-consumer-secret",
        TREMENDOUS_API_KEY: "TEST_wrong-key",
        TWILIO_AUTH_TOKEN: "wrong-auth-token",
        WHATSAPP_TOKEN: "wrong-whatsapp-token",
      },
    );
    vendors.smtp.setMood("accept");
    expect(found.code).toBe(1);
    const todo = Object.fromEntries(found.bad.map((line) => [line.what.split(":")[0], line.todo]));
    expect(todo).toEqual({
      "hubspot-main": expect.stringContaining("access token"),
      "salesforce-main": expect.stringContaining("clientSecret"),
      codes: expect.stringContaining("accolade codes import"),
      cards: expect.stringContaining("API key"),
      email: expect.stringContaining("password"),
      sms: expect.stringContaining("auth token"),
      whatsapp: expect.stringContaining("token"),
    });
    for (const wrong of [
      "pat-of-yesterday",
      "wrong-consumer-secret",
      "wrong-key",
      "wrong-auth-token",
      "wrong-whatsapp",
    ])
      expect(found.text).not.toContain(wrong);
  });

  test("a missing scope is named, the other scopes are looked at", async () => {
    vendors.hubspot.trouble("objects/contacts", noScope("crm.objects.contacts.read"));
    const { bad, lines, code } = await run({}, { DATABASE_URL: await imported() });
    expect(code).toBe(1);
    expect(bad).toEqual([
      expect.objectContaining({
        what: "hubspot-main: HubSpot lets us read contacts",
        todo: expect.stringContaining("crm.objects.contacts.read"),
      }),
    ]);
    expect(lines).toContainEqual({ status: "ok", what: "hubspot-main: HubSpot lets us read owners" });
  });

  test("a CRM that hangs is given 10 seconds, and stops nothing", async () => {
    vendors.hubspot.trouble("access-token-info", { does: "hang" });
    const started = performance.now();
    const { bad, lines } = await run({}, { DATABASE_URL: await imported() });
    expect(bad).toEqual([expect.objectContaining({ what: "hubspot-main", found: "no answer within 10 s" })]);
    expect(lines).toContainEqual(expect.objectContaining({ status: "ok", what: "sms: Twilio credentials" }));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("the database away", async () => {
    const { bad, lines, code } = await run(
      {},
      { DATABASE_URL: "postgres://accolade:hush@127.0.0.1:9/accolade" },
      // an error of the network is not of this realm's classes within a test
      apart,
    );
    expect(code).toBe(1);
    expect(bad).toEqual([
      {
        status: "bad",
        what: "PostgreSQL",
        found: expect.stringContaining("ECONNREFUSED"),
        todo: expect.stringContaining("DATABASE_URL"),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("hush");
    expect(lines).toContainEqual(
      expect.objectContaining({ status: "ok", what: "hubspot-main: HubSpot lets us read deals" }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ status: "skipped", what: "codes" }));
  });

  test("a database that answers and is not fit: wrong name, wrong password, no rights, a newer schema, another key", async () => {
    const good = await freshDatabaseUrl();
    const name = new URL(good).pathname.slice(1);
    const client = new pg.Client({ connectionString: good });
    await client.connect();
    await client.query(
      `create role doctor_${name} login password 'reader'; grant select on all tables in schema public to doctor_${name}`,
    );
    const reader = Object.assign(new URL(good), { username: `doctor_${name}`, password: "reader" }).href;
    const others = await imported();
    const future = await freshDatabaseUrl();
    const ahead = openDatabase(future);
    await ahead.run("insert into migrations (number, name, hash) values (9999, '9999_future.sql', '')");
    await ahead.close();
    const missing = await run({}, { DATABASE_URL: `${good}_gone` });
    const password = await run({}, { DATABASE_URL: Object.assign(new URL(good), { password: "wrong" }).href });
    const rights = await run({}, { DATABASE_URL: reader });
    const newer = await run({}, { DATABASE_URL: future });
    const key = await run({}, { DATABASE_URL: others, ACCOLADE_SECRET_KEY: "n".repeat(40) });
    await client.query(`drop owned by doctor_${name}; drop role doctor_${name}`);
    await client.end();
    const bad = (found: Run, what: string) => found.bad.find((line) => line.what === what)?.todo;
    expect(bad(missing, "PostgreSQL")).toContain("Create that database");
    expect(bad(password, "PostgreSQL")).toContain("user and password");
    expect(bad(rights, "can write")).toContain("grant");
    expect(bad(rights, "queue")).toContain("grant create on database");
    expect(bad(newer, "migrations")).toContain("Start that version");
    expect(bad(key, "sealed codes and tokens")).toContain("the old key");
    expect([missing, password, rights, newer, key].map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
  }, 60_000);

  test("rules and people with mistakes: file, line, column, found, expected", async () => {
    const { bad, code } = await run(
      {
        "rules/rules.yaml": rules.replace("deal.won", "deal.one"),
        "people.yaml": people.replace("+39 347 123 4567", "347").replace("Nora Keller", "Nora"),
      },
      { DATABASE_URL: await imported() },
    );
    expect(code).toBe(1);
    expect(bad.map(({ what }) => what)).toEqual(["rules", "people"]);
    expect(bad[0]?.found).toMatch(/^rules\/rules\.yaml:3:\d+: found .*deal\.one.*, expected /);
    expect(bad[1]?.found).toMatch(/^people\.yaml:3:\d+: found .*, expected .*country code/);
  });

  test("rules that would tell nobody, and managers whom nobody knows", async () => {
    const { bad } = await run(
      {
        "accolade.yaml": accoladeYaml().replace(/^ {2}email:.*$/m, ""),
        "people.yaml": people.replace("manager: nora@", "manager: anna@"),
      },
      { DATABASE_URL: await imported() },
    );
    expect(bad.map(({ what }) => what)).toEqual(["rule won", "managers"]);
  });

  test("accolade.yaml with mistakes: each is named, and what does not need it is looked at", async () => {
    const text = accoladeYaml().replace("connector: hubspot", "connector: hubspott").replace("EUR", "EURO");
    const { bad, lines, skipped, code } = await run({ "accolade.yaml": text }, { SHOP_SECRET: "" });
    expect(code).toBe(1);
    const found = bad.map((line) => line.found).join("\n");
    expect(found).toMatch(/accolade\.yaml:2:\d+: found `EURO`/);
    expect(found).toContain("SHOP_SECRET");
    expect(lines).toContainEqual(expect.objectContaining({ status: "ok", what: "PostgreSQL" }));
    expect(lines).toContainEqual(expect.objectContaining({ status: "ok", what: "queue" }));
    expect(lines).toContainEqual(expect.objectContaining({ status: "ok", what: "ACCOLADE_SECRET_KEY" }));
    expect(skipped).toEqual(["Rules", "People", "Connections", "Rewards", "Channels"]);
  });

  test("an environment with mistakes", async () => {
    const { bad, code } = await run({}, { PORT: "many", PUBLIC_URL: "rewards.acme.example" });
    expect(code).toBe(1);
    expect(bad.map((line) => line.found)).toEqual([
      expect.stringContaining("PORT"),
      expect.stringContaining("PUBLIC_URL"),
    ]);
  });

  test.each([
    ["http://localhost:3000", "only this machine"],
    ["https://192.168.1.20", "only this machine"],
    ["https://[::1]:3000", "only this machine"],
    ["http://rewards.acme.example", "not encrypted"],
  ])("PUBLIC_URL %s, which a CRM cannot call", async (PUBLIC_URL, why) => {
    const { bad } = await run({}, { DATABASE_URL: await imported(), PUBLIC_URL });
    expect(bad).toEqual([expect.objectContaining({ what: "PUBLIC_URL", found: expect.stringContaining(why) })]);
  });
});

describe("Redis", () => {
  test("away: a port that nobody answers on, and one that never says a word", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    const DATABASE_URL = await imported();
    const refused = await run({}, { DATABASE_URL, REDIS_URL: "redis://:hush@127.0.0.1:9" });
    const mute = await run({}, { DATABASE_URL, REDIS_URL: `redis://127.0.0.1:${port}` });
    silent.close();
    expect(refused.bad).toEqual([
      expect.objectContaining({ what: "Redis", todo: expect.stringContaining("webhooks are accepted and decided") }),
    ]);
    expect(refused.text).not.toContain("hush");
    expect(mute.bad).toHaveLength(1);
    expect(refused.lines).toContainEqual(expect.objectContaining({ status: "ok", what: "PostgreSQL" }));
  });

  const withRedis = redisAtHand() ? test : test.skip;
  withRedis("a real one: its version, and what it does when memory is short", async () => {
    const redis = await startRedis();
    const DATABASE_URL = await imported();
    try {
      const { bad, lines } = await run({}, { DATABASE_URL, REDIS_URL: redis.url });
      expect(bad).toEqual([]);
      expect(lines).toContainEqual({ status: "ok", what: "Redis", found: expect.stringMatching(/^\d+\.\d+\.\d+ at /) });

      const { Redis } = await import("ioredis");
      const client = new Redis(redis.url);
      await client.config("SET", "maxmemory-policy", "allkeys-lru");
      client.disconnect();
      const short = await run({}, { DATABASE_URL, REDIS_URL: redis.url });
      expect(short.bad).toEqual([expect.objectContaining({ todo: expect.stringContaining("noeviction") })]);
    } finally {
      await redis.stop();
    }
  });
});
