/** What every connector that writes into its CRM keeps: one note for one happening, whatever becomes of the answer. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connectors } from "../../connectors/index.ts";
import { readConfigFile } from "../../src/config-file.ts";
import { eraseRecipients } from "../../src/people/recipients.ts";
import { explainGrant } from "../../src/pipeline/explain.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { pauseSending, resumeSending } from "../../src/pipeline/pause.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { openWriteBack, type WriteBack } from "../../src/pipeline/write-back.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { memoryVault } from "../support/memory-vault.ts";
import { runHere } from "../support/run-here.ts";
import { type Bench, type Clock, clockAt, openBench } from "../support/workspace.ts";
import { type WriteBackVendor, writeBackVendors } from "./write-back-benches.ts";

const MINUTE = 60_000;
const KEY = "a-secret-key-for-these-tests-that-is-long-enough";

test("every connector that can write back is here", () => {
  const able = connectors.filter(({ settings }) => "writeBack" in (settings as unknown as { shape: object }).shape);
  expect([...new Set(writeBackVendors.map(([, connector]) => connector))]).toEqual(able.map(({ id }) => id));
});

describe.each(writeBackVendors)("%s", (_name, _connector, start) => {
  let vendor: WriteBackVendor;
  let bench: Bench;
  let clock: Clock;
  let writeBack: WriteBack;
  beforeEach(async () => {
    vendor = await start();
    clock = clockAt(new Date().toISOString());
    bench = await openBench(
      {
        config: `connections:\n  crm: ${vendor.settings}\nproviders:\n  points: { provider: points }\n`,
        rules: {
          "all.yaml": `rewards:\n  - { id: p, title: { en: Points, it: Punti }, provider: points, value: 50 points }
rules:\n  - { id: win, title: Big one, on: deal.won, reward: { to: owner, give: p }, from: 2026-01-01 }\n`,
        },
        env: { ACCOLADE_SECRET_KEY: KEY },
      },
      clock,
    );
    writeBack = openWriteBack(bench.opened.corridor);
    await writeBack.begin();
  });
  afterEach(async () => {
    await bench.close();
    await vendor.close();
  });

  const take = async (request: Parameters<Bench["accept"]>[1]) => {
    const answer = await bench.accept("crm", request);
    expect("status" in answer && answer.status).toBeLessThan(300);
    await bench.drain();
  };
  const grantId = async () => (await bench.opened.database.row<{ id: string }>("select id from grants"))?.id ?? "";
  const issued = async (): Promise<string> => {
    await take(vendor.set("won", clock.now()));
    const id = await grantId();
    await fulfil(bench.opened.corridor, id);
    return id;
  };
  /** As the server: the sweeper rings, each ring is answered. */
  const writeAll = async (): Promise<void> => {
    for (;;) {
      const rung: string[] = [];
      const ring = async (job: string, ids: readonly string[]) => {
        if (job === "write") rung.push(...ids);
      };
      const { corridor } = bench.opened;
      await sweep({ ...corridor, doorbell: { ...corridor.doorbell, ring } });
      if (rung.length === 0) return;
      await Promise.all(rung.map((id) => writeBack.write(id)));
    }
  };
  const rows = () =>
    bench.opened.database.rows<{ what: string; state: string; reason: string | null; marker: string }>(
      "select what, state, reason, marker from write_backs order by id",
    );
  const note = async () => (await rows()).find(({ what }) => what === "note");

  test("a reward that was supplied is one note and the fields of the deal, and neither again", async () => {
    const id = await issued();
    await writeAll();
    clock.advance(10 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
    const [text] = vendor.notes();
    expect(text).toContain("Giulia Bianchi got 50 points (Points) by the rule “Big one”.");
    expect(text).toContain(`accolade:${(await note())?.marker}`);
    expect(String(vendor.fields().count)).toBe("1");
    expect(vendor.fields().rewards).toBe("50 points p");
    expect((await rows()).map(({ state }) => state)).toEqual(["written", "written"]);
    const explained = await explainGrant(bench.opened.corridor, id);
    expect(explained?.writeBacks).toMatchObject([
      { what: "note", state: "written" },
      { what: "fields", state: "written" },
    ]);
  });

  test("taken back: a second note, and the fields say so", async () => {
    const id = await issued();
    await writeAll();
    clock.advance(MINUTE);
    await take(vendor.set("lost", clock.now()));
    await settleMark(bench.opened.corridor, id);
    await writeAll();
    expect(vendor.notes()).toHaveLength(2);
    expect(vendor.notes()[1]).toContain("is no longer due");
    expect(String(vendor.fields().count)).toBe("0");
  });

  test("of fields that changed twice before they were written only the last is sent", async () => {
    const id = await issued();
    clock.advance(MINUTE);
    await take(vendor.set("lost", clock.now()));
    await settleMark(bench.opened.corridor, id);
    await writeAll();
    const fields = (await rows()).filter(({ what }) => what === "fields").map(({ state }) => state);
    expect(fields).toEqual(["skipped", "written"]);
    expect(String(vendor.fields().count)).toBe("0");
  });

  test("refused for want of a right: says which, waits, and is written by itself once it was given", async () => {
    vendor.trouble("note", "refused");
    const id = await issued();
    await writeAll();
    expect(vendor.notes()).toEqual([]);
    expect(await note()).toMatchObject({ state: "waiting", reason: expect.stringContaining(vendor.missing) });
    const env = { DATABASE_URL: bench.config.databaseUrl ?? "", ACCOLADE_SECRET_KEY: KEY };
    expect((await runHere(["rules", "explain", id], bench.folder, env)).stdout).toContain(vendor.missing);
    clock.advance(61 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
  });

  test("too many calls: waits, then one note", async () => {
    vendor.trouble("note", "limited");
    vendor.trouble("fields", "limited");
    await issued();
    await writeAll();
    expect(vendor.notes()).toEqual([]);
    clock.advance(2 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
    expect(String(vendor.fields().count)).toBe("1");
  });

  test.each([
    ["hangs", { after: "hang" as const }],
    ["resets", { after: "reset" as const }],
    ["answers 500", { after: 500 as const }],
  ])("a CRM that takes the note and then %s has one note in the end", async (_, trouble) => {
    vendor.trouble("note", trouble);
    vendor.trouble("fields", trouble);
    await issued();
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
    expect((await note())?.state).not.toBe("written");
    for (let n = 0; n < 3; n++) {
      clock.advance(10 * MINUTE);
      await writeAll();
    }
    expect(vendor.notes()).toHaveLength(1);
    expect((await rows()).map(({ state }) => state)).toEqual(["written", "written"]);
  });

  test("a CRM that never took it gets it once more", async () => {
    vendor.trouble("note", "hang");
    await issued();
    await writeAll();
    expect(vendor.notes()).toHaveLength(0);
    clock.advance(10 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
    expect((await note())?.state).toBe("written");
  });

  test("a process that died between the note and its row writes no second one, also among other notes", async () => {
    await issued();
    await writeAll();
    await bench.opened.database.run("update write_backs set state = 'sending', not_before = $1 where what = 'note'", [
      clock.now(),
    ]);
    vendor.crowd();
    clock.advance(10 * MINUTE);
    await writeAll();
    expect(vendor.notes().filter((text) => text.includes("accolade:"))).toHaveLength(1);
    expect(vendor.notes()).toHaveLength(6);
    expect((await note())?.state).toBe("written");
  });

  test("a deal that was deleted meanwhile: given up, with the reason", async () => {
    await issued();
    vendor.remove();
    await writeAll();
    expect(vendor.notes()).toEqual([]);
    const all = await rows();
    expect(all.map(({ state }) => state)).toEqual(["failed", "failed"]);
    for (const { reason } of all) expect(reason).toBeTruthy();
    clock.advance(100 * MINUTE);
    await writeAll();
    expect(await rows()).toEqual(all);
  });

  test("a contact is written to like a deal", async () => {
    const connection = bench.config.connections.get("crm");
    const around = { connection: "crm", tokens: memoryVault(), now: clock.now };
    const writer = connection?.writer(around);
    const subject = { kind: "contact" as const, id: vendor.contact };
    const wanted = {
      what: "note" as const,
      subject,
      marker: "accolade:1",
      title: "A title",
      text: "A text",
      at: clock.now(),
    };
    expect(await writer?.findNote(wanted)).toEqual({ found: false });
    expect(await writer?.write(wanted)).toMatchObject({ outcome: "accepted" });
    expect(vendor.contactNotes()).toEqual([expect.stringContaining("accolade:1")]);
    expect(await writer?.findNote(wanted)).toMatchObject({ found: true });
    expect(await writer?.findNote({ ...wanted, marker: "accolade:2" })).toEqual({ found: false });
    const values = { rewards: "50 points p", count: 1, rules: "win", date: "2026-11-25" };
    expect(await writer?.write({ what: "fields", subject, values })).toMatchObject({ outcome: "accepted" });
    expect(await writer?.write({ ...wanted, subject: { kind: "company", id: "1" } })).toMatchObject({ code: "gone" });
  });

  test("a pause of everything stops it; afterwards it goes on by itself", async () => {
    await issued();
    const { database } = bench.opened;
    await database.transaction((tx) => pauseSending(tx, { scope: "all", since: clock.now(), by: "anna", why: "wait" }));
    await writeAll();
    expect(vendor.notes()).toEqual([]);
    expect((await note())?.reason).toMatch(/^paused since .* by anna: wait/);
    await database.transaction((tx) => resumeSending(tx, { by: "anna", at: clock.now() }));
    clock.advance(2 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
  });

  test("who is forgotten before the note is written is not named in it, and afterwards in no row of ours", async () => {
    vendor.trouble("note", "limited");
    await issued();
    await writeAll();
    const { database } = bench.opened;
    const [row] = await database.rows<{ recipient_id: string }>("select recipient_id from recipient_ids");
    await database.transaction((tx) => eraseRecipients(tx, [row?.recipient_id ?? ""], clock.now()));
    expect(await database.rows("select from write_backs where request::text ~ 'Giulia'")).toEqual([]);
    clock.advance(2 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toEqual([expect.stringContaining("Somebody who was forgotten since got 50 points")]);
  });

  test("our own changes come back as webhooks, and start nothing", async () => {
    await issued();
    await writeAll();
    const { database } = bench.opened;
    const seen = () =>
      Promise.all(
        [
          "select type, subject_id, occurred_at, withdrawn from milestones order by id",
          "select id, state, value_minor from grants order by id",
          "select grant_id, to_state from grant_moves order by id",
          "select * from metric_contributions order by 1, 2, 3, 4",
          "select * from metric_cells order by 1, 2, 3, 4",
          "select fields - 'x' as fields, erased from records order by id",
        ].map((text) => database.rows(text)),
      );
    const before = await seen();
    clock.advance(MINUTE);
    const echoes = vendor.echo(clock.now());
    expect(echoes).toHaveLength(1);
    for (const echo of echoes) await take(echo);
    const came = await database.rows<{ origin: string | null; state: string }>(
      "select origin, state from events where origin is not null and origin <> 'CRM_UI'",
    );
    expect(came.length).toBeGreaterThan(0);
    expect(came.every(({ origin, state }) => origin === "accolade" && state === "decided")).toBe(true);
    expect(await seen()).toEqual(before);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
  });
});

describe("settings that could do harm are refused with their place", () => {
  const problemsOf = (text: string) => {
    const read = readConfigFile("accolade.yaml", `connections:\n  crm: ${text}\n`, () => "x");
    return read.ok ? [] : read.problems.map(problemLine);
  };
  const hubspot = (writeBack: string, more = "accessToken: pat-dummy") =>
    problemsOf(`{ connector: hubspot, clientSecret: abc, ${more}, writeBack: ${writeBack} }`);
  const salesforce = (writeBack: string, more: string) =>
    problemsOf(
      `{ connector: salesforce, orgId: 00Dxx0000001gPLEAY, secretPath: sample_path_secret_0123456789, ${more}, writeBack: ${writeBack} }`,
    );
  const api = "api: { loginUrl: https://acme.my.salesforce.com, clientId: a, clientSecret: b }";

  test.each([
    ["a field of HubSpot's own", hubspot("{ fields: { rewards: dealname } }"), "one that you made for this"],
    ["a name that has a meaning", hubspot("{ fields: { rewards: amount } }"), "already means something"],
    [
      "a field that rules can read",
      hubspot("{ fields: { count: won_rewards } }", "accessToken: a, properties: { deal: [won_rewards] }"),
      "what Accolade itself writes",
    ],
    ["a field that is not ours to fill", hubspot("{ fields: { price: x } }"), "price"],
    ["no way to write", hubspot("{ note: true }", "portalId: 1"), "nothing can be written without"],
    [
      "a standard field of Salesforce",
      salesforce("{ fields: { rewards: Description } }", api),
      "expected a custom field",
    ],
    [
      "a field that rules can read there",
      salesforce("{ fields: { rewards: A__c } }", `${api}, fields: { Opportunity: { A__c: text } }`),
      "what Accolade itself writes",
    ],
    ["no way to write there", salesforce("{ note: true }", "multiCurrency: false"), "nothing can be written without"],
  ])("%s", (_, problems, said) => {
    expect(problems).toEqual([expect.stringContaining(said)]);
    expect(problems[0]).toMatch(/^accolade\.yaml:2:/);
  });

  test("and what is in order is taken", () => {
    expect(
      hubspot(
        "{ note: true, fields: { rewards: accolade_rewards, count: accolade_count, rules: accolade_rules, date: accolade_date } }",
      ),
    ).toEqual([]);
    expect(
      salesforce(
        "{ note: true, fields: { rewards: Accolade__c }, externalId: Accolade_Id__c, user: 005xx000001SvkBAAS }",
        api,
      ),
    ).toEqual([]);
  });
});
