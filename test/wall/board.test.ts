/** Who is ranked on the wall: as asked for, with ties, by month, and nobody who asked not to be. Links are made and revoked by command. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { latestMoments, momentsAfter, numberMoments } from "../../src/pipeline/wall.ts";
import { leaderboard, type WallSettings } from "../../src/pipeline/wall-board.ts";
import { findWallLink } from "../../src/pipeline/wall-links.ts";
import { WEBHOOK_SECRET } from "../journeys/workspaces.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { type Bench, type Clock, clockAt, openBench, PUBLIC_URL } from "../support/workspace.ts";

const KEY = "a-secret-key-for-these-tests-that-is-long-enough";
const sellers = { giulia: "EMEA", tom: "EMEA", marta: "DACH", sam: "Americas", lea: "EMEA" };
let bench: Bench;
let clock: Clock;

beforeAll(async () => {
  clock = clockAt("2026-10-31T22:30:00Z");
  bench = await openBench(
    {
      config: `
workspace: { name: Acme, currency: EUR, timeZone: Europe/Rome }
connections: { shop: { connector: webhook, secret: ${WEBHOOK_SECRET} } }
providers: { points: { provider: points } }
channels: { email: { sender: outbox } }
people: people.yaml
`,
      rules: {
        "wall.yaml": `
rewards: [{ id: points, provider: points }]
rules:
  - { id: won, title: Deal won, on: deal.won, reward: { to: owner, give: points, value: { expression: deal.amount / 100.0, currency: points } }, notify: [email], from: 2026-01-01 }
`,
      },
      people: `people:\n${Object.entries(sellers)
        .map(([id, team]) => `  - { name: ${id}, email: ${id}@acme.example, team: ${team}, crm: { shop: ${id} } }\n`)
        .join("")}`,
      env: { ACCOLADE_SECRET_KEY: KEY },
    },
    clock,
  );
  await bench.opened.database.run(
    "alter table recipients add column if not exists private boolean not null default false",
  );
  await won("october", "sam", 90_000);
  // November begins at 23:00 UTC in Rome
  clock.advance(3_600_000);
  await won("one", "giulia", 5_000);
  await won("two", "giulia", 1_000);
  await won("three", "tom", 6_000);
  await won("four", "marta", 7_000);
  await won("five", "lea", 2_000);
  await bench.opened.database.run("update recipients set private = true where name in ('lea', 'marta')");
}, 60_000);
afterAll(() => bench.close());

let ids = 0;
const told = async (type: string, name: string, owner: string, amount: number, id: string) => {
  const body = JSON.stringify({
    ...{ type, subject: { kind: "deal", id }, occurredAt: clock.now().toISOString() },
    record: { name, amount, currency: "EUR", owner },
  });
  const url = `${PUBLIC_URL}/webhooks/shop`;
  const headers = standardWebhooks({ method: "POST", url, rest: "", body, now: clock.now() }, WEBHOOK_SECRET);
  await bench.accept("shop", { method: "POST", url, rest: "", headers, body: Buffer.from(body) });
  await bench.drain();
};
const won = async (name: string, owner: string, amount: number): Promise<string> => {
  const id = String(++ids);
  await told("deal.won", name, owner, amount, id);
  const { database, corridor } = bench.opened;
  for (const grant of await database.rows<{ id: string }>("select id from grants where state = 'approved'"))
    await fulfil(corridor, grant.id);
  return id;
};
const board = async (settings: WallSettings, team: string | null = null) => {
  const { database, corridor } = bench.opened;
  const found = await leaderboard(database, corridor.workspace, settings, { team, now: clock.now() });
  return found?.rows.map(({ rank, name, score }) => `${rank} ${name} ${score}`);
};

test("nobody is ranked unless it is asked for", async () => {
  expect(await board({ leaderboard: "off", by: "points" })).toBeUndefined();
});

test("people by points of this month in the workspace's zone, ties on one rank, without who is in private mode", async () => {
  expect(await board({ leaderboard: "people", by: "points" })).toEqual(["1 giulia 60", "1 tom 60"]);
  expect(await board({ leaderboard: "people", by: "points" }, "DACH")).toEqual([]);
  await bench.opened.database.run("update recipients set private = false where name = 'lea'");
  expect(await board({ leaderboard: "people", by: "points" }, "EMEA")).toEqual(["1 giulia 60", "1 tom 60", "3 lea 20"]);
  await bench.opened.database.run("update recipients set private = true where name = 'lea'");
});

test("by deals that stand as won: one that is lost again is gone", async () => {
  expect(await board({ leaderboard: "people", by: "deals" })).toEqual(["1 giulia 2", "2 tom 1"]);
  const id = await won("six", "tom", 1_000);
  expect(await board({ leaderboard: "people", by: "deals" })).toEqual(["1 giulia 2", "1 tom 2"]);
  clock.advance(60_000);
  await told("deal.lost", "six", "tom", 1_000, id);
  expect(await board({ leaderboard: "people", by: "deals" })).toEqual(["1 giulia 2", "2 tom 1"]);
  expect(await board({ leaderboard: "people", by: "points" })).toEqual(["1 giulia 60", "1 tom 60"]);
});

test("teams: everybody of a team counts, and a team of people in private mode is not there", async () => {
  expect(await board({ leaderboard: "team", by: "points" })).toEqual(["1 EMEA 140"]);
  expect(await board({ leaderboard: "team", by: "deals" })).toEqual(["1 EMEA 4"]);
});

test("moments are numbered without gaps, also when several processes look at once, and read to the end", async () => {
  const { corridor } = bench.opened;
  const heads = await Promise.all([1, 2, 3].map(() => numberMoments(corridor)));
  expect(new Set(heads)).toEqual(new Set([7]));
  const everybody = { team: null, language: "en" };
  const { moments, done } = await momentsAfter(corridor, everybody, { after: 2, upTo: 7 });
  expect(done).toBe(true);
  // the seventh was taken back
  expect(moments.map(({ seq, who }) => `${seq} ${who}`)).toEqual([
    "3 giulia · EMEA",
    "4 tom · EMEA",
    "5 Somebody in DACH",
    "6 Somebody in EMEA",
  ]);
  const latest = await latestMoments(corridor, { team: "DACH", language: "it" }, { upTo: 7, most: 5 });
  expect(latest).toEqual([
    expect.objectContaining({ seq: 5, who: "Qualcuno del team DACH", what: "Una trattativa è vinta" }),
  ]);
});

test("accolade wall: a link that works, shown once; listed; revoked", async () => {
  const accolade = (...args: string[]) =>
    runAccolade(args, bench.folder, {
      DATABASE_URL: bench.config.databaseUrl ?? "",
      ACCOLADE_SECRET_KEY: KEY,
      PUBLIC_URL,
    });
  const made = await accolade("wall", "link", "--team", "EMEA", "--language", "it");
  const [, token = ""] = /^https:\/\/rewards\.example\/wall\/([\w-]{32})\n/.exec(made.stdout) ?? [];
  const { database, corridor } = bench.opened;
  expect(await findWallLink(database, corridor.sealer, token)).toMatchObject({ team: "EMEA", language: "it" });
  expect(JSON.stringify(await database.rows("select * from walls"))).not.toContain(token);
  expect((await accolade("wall", "list")).stdout).toMatch(/^id +team +language.*\n +1 +EMEA +it /m);
  const wrong = await accolade("wall", "link", "--language", "de");
  expect([wrong.code, wrong.stderr]).toEqual([1, "--language: found `de`, expected en or it\n"]);
  expect((await accolade("wall", "link", "--team", "Nobody")).stdout).toContain(
    "Nobody is in a team called Nobody yet",
  );
  expect(await accolade("wall", "revoke", "1")).toMatchObject({ code: 0, stdout: "Revoked: link 1.\n" });
  expect(await accolade("wall", "revoke", "1")).toMatchObject({ code: 1 });
  expect(await findWallLink(database, corridor.sealer, token)).toBeUndefined();
}, 60_000);
