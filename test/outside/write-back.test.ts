/** What every connector that writes into its CRM keeps: one note for one happening, whatever becomes of the answer. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connectors } from "../../connectors/index.ts";
import { explainGrant } from "../../src/pipeline/explain.ts";
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { settleMark } from "../../src/pipeline/settle-mark.ts";
import { openWriteBack, type WriteBack } from "../../src/pipeline/write-back.ts";
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
    clock.advance(10 * MINUTE);
    await writeAll();
    expect(vendor.notes()).toHaveLength(1);
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
