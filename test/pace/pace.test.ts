/** How fast senders are, for all workers together, and what a vendor's word changes: nothing is dropped, nothing is sent too soon. */
import { afterEach, expect, test } from "@jest/globals";
import { openCorridor } from "../../src/open-corridor.ts";
import { notify } from "../../src/pipeline/notify.ts";
import { pauseSending, readPauseScope, resumeSending } from "../../src/pipeline/pause.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { senders } from "../journeys/senders.ts";
import { filesFor, startVendors } from "../journeys/workspaces.ts";
import { runAccolade } from "../support/run-accolade.ts";
import { eventually, keptLog, PUBLIC_URL, startWorkspace } from "../support/workspace.ts";
import { openPaceBench, type PaceBench } from "./bench.ts";

let bench: PaceBench;
const open: PaceBench[] = [];
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));
const opened = async (change: (config: string) => string = (config) => config): Promise<PaceBench> => {
  const made = await openPaceBench(change);
  open.push(made);
  return made;
};

const rated = (rate: string) => (config: string) =>
  config.replace("sms: { sender: twilio,", `sms: { sender: twilio, rate: ${rate},`);
const taken = () => bench.vendors.twilio.messages.length;

test("a rate holds for all workers and processes together, in the order in which messages came", async () => {
  bench = await opened(rated("5 per second"));
  const ids = await bench.win("sms", 20);
  expect(ids).toHaveLength(20);
  const { log } = keptLog();
  const other = await openCorridor(bench.config, {
    log,
    telemetry: createTelemetry(),
    now: bench.clock.now,
    queue: false,
  });
  await other.loadRules("test");
  const both = [bench.opened.corridor, other.corridor];
  const due = async () =>
    (await bench.messages()).filter(({ state, not_before }) => state === "queued" && not_before <= bench.clock.now());
  const sendAll = async () =>
    Promise.all((await due()).map(({ id }, at) => notify(both[at % 2] ?? bench.opened.corridor, id)));

  await sendAll();
  expect(taken()).toBe(5);
  const waiting = (await bench.messages()).filter(({ state }) => state === "queued");
  expect(waiting.map(({ reason }) => reason)).toEqual(
    Array(15).fill("waits for its turn: sms goes out at 5 per second"),
  );
  const turns = waiting
    .map(({ not_before }) => not_before.getTime() - bench.clock.now().getTime())
    .sort((a, b) => a - b);
  expect(turns).toEqual(Array.from({ length: 15 }, (_, at) => (at + 1) * 200));

  for (const soFar of [6, 7, 8]) {
    bench.clock.advance(200);
    await sendAll();
    expect(taken()).toBe(soFar);
  }
  // who comes now queues up behind those who wait
  const [late = ""] = await bench.win("sms", 1);
  bench.clock.advance(200);
  await Promise.all([sendAll(), notify(bench.opened.corridor, late)]);
  expect(taken()).toBe(9);
  expect((await bench.messages()).find(({ id }) => id === late)).toMatchObject({ state: "queued" });
  bench.clock.advance(1_000);
  await sendAll();
  expect(taken()).toBe(14);
  for (let at = 0; at < 20; at++) {
    bench.clock.advance(200);
    await sendAll();
  }
  expect(taken()).toBe(21);
  expect(await bench.counted("sent")).toBe(21);
  const tries = await bench.opened.database.row<{ n: number }>(
    "select count(*)::int as n from attempts where what = 'send'",
  );
  expect(tries?.n).toBe(21);
  await other.close();
});

test("in a running server, messages go out at their turn without waiting for the sweeper", async () => {
  const vendors = await startVendors();
  const files = filesFor(vendors, "meta");
  const running = await startWorkspace({ ...files, config: rated("5 per second")(files.config) });
  try {
    for (let deal = 6_000; deal < 6_015; deal++) {
      const request = senders.shop?.({ id: String(deal), name: `sms ${deal}`, amount: 9_000 }, vendors);
      await fetch(running.door + request?.path, {
        method: "POST",
        headers: request?.headers ?? {},
        body: request?.body ?? "",
      });
    }
    await eventually("15 messages", async () => vendors.twilio.messages.length === 15, 25_000);
    const starts = (
      await running.server.opened.database.rows<{ at: Date }>(
        "select started_at as at from attempts where what = 'send' order by 1",
      )
    ).map(({ at }) => at.getTime());
    expect(starts).toHaveLength(15);
    // five were in the bucket and five come in each second
    for (const from of starts)
      expect(starts.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(10);
    const gaps = starts.slice(6).map((at, index) => at - (starts[index + 5] ?? at));
    // the sweeper alone would send them in bunches, seconds apart
    expect(gaps.filter((gap) => gap > 2_000)).toEqual([]);
  } finally {
    await running.stop();
    await vendors.close();
  }
}, 60_000);

test("429 holds back everything that goes to this sender, until the time that it said", async () => {
  bench = await opened();
  const [first = "", ...rest] = await bench.win("sms", 6);
  bench.vendors.twilio.setMood("limitedFor7");
  await notify(bench.opened.corridor, first);
  bench.vendors.twilio.setMood("accept");
  bench.clock.advance(3_000);
  await bench.sendDue();
  expect(taken()).toBe(0);
  const held = (await bench.messages()).filter(({ id }) => rest.includes(id));
  for (const message of held) {
    expect(message).toMatchObject({
      state: "queued",
      reason: expect.stringMatching(/^twilio asked for patience until 09:30 UTC/),
    });
    expect(message.not_before.toISOString()).toBe("2026-11-23T09:30:07.000Z");
  }
  // another sender is not concerned
  await bench.win("email", 1);
  await bench.sendDue();
  expect(bench.vendors.smtp.received).toHaveLength(1);
  bench.clock.advance(4_000);
  await bench.sendDue();
  expect(taken()).toBe(6);
  const tries = await bench.opened.database.row<{ n: number }>(
    "select count(*)::int as n from attempts where target = 'twilio'",
  );
  expect(tries?.n).toBe(7);
});

test("too many to one recipient holds back that recipient only", async () => {
  bench = await opened();
  const { database } = bench.opened;
  await database.run(
    "insert into recipients (id, kind, name, phone, email, source) values ('00000000-0000-4000-8000-000000000001', 'rep', 'Marta', '+393487654321', 'marta@acme.example', 'people.yaml')",
  );
  await database.run(
    "insert into recipient_ids values ('shop', 'user', 'marta', '00000000-0000-4000-8000-000000000001')",
  );
  const [first = "", second = ""] = await bench.win("whatsapp", 2);
  const [marta = ""] = await bench.win("whatsapp", 1, "marta");
  bench.vendors.meta.setMood("limitedFor7");
  await notify(bench.opened.corridor, first);
  bench.vendors.meta.setMood("accept");
  await notify(bench.opened.corridor, second);
  await notify(bench.opened.corridor, marta);
  expect(bench.vendors.meta.messages.map(({ to }) => to)).toEqual(["393487654321"]);
  expect((await bench.messages()).find(({ id }) => id === second)).toMatchObject({
    state: "queued",
    reason: expect.stringMatching(/^meta asked for patience with this recipient: .*131056/),
  });
  bench.clock.advance(7_000);
  await bench.sendDue();
  expect(bench.vendors.meta.messages).toHaveLength(3);
});

test("a vendor can be paused on every channel that it carries", async () => {
  bench = await opened();
  const { corridor, database } = bench.opened;
  const scope = readPauseScope("sender twilio", corridor);
  expect(readPauseScope("sender nobody", corridor)).toBeUndefined();
  if (!scope) throw new Error("not a scope");
  await bench.win("sms", 1);
  await bench.win("email", 1);
  await database.transaction((tx) =>
    pauseSending(tx, { scope, since: corridor.now(), by: "anna", why: "their invoice is wrong" }),
  );
  await bench.sendDue();
  expect(taken()).toBe(0);
  expect(bench.vendors.smtp.received).toHaveLength(1);
  expect((await bench.messages()).find(({ channel }) => channel === "sms")?.reason).toMatch(
    /^paused \(sender twilio\) since .* by anna: their invoice is wrong/,
  );
  await database.transaction((tx) => resumeSending(tx, { by: "anna", at: corridor.now() }));
  await bench.sweepAndSend();
  expect(taken()).toBe(1);
});

test("out of order: one alert, everything waits with the reason, a probe finds out that it is mended", async () => {
  bench = await opened();
  const ids = await bench.win("sms", 12);
  bench.vendors.twilio.setMood("wrongCredentials");
  for (const id of ids) await notify(bench.opened.corridor, id);
  const alerts = () => bench.logged.filter((line) => line.includes("sender out of order"));
  expect(alerts()).toHaveLength(1);
  const calls = async () =>
    (await bench.opened.database.row<{ n: number }>("select count(*)::int as n from attempts where target = 'twilio'"))
      ?.n;
  expect(await calls()).toBe(5);
  const waiting = await bench.messages();
  expect(waiting.filter(({ state }) => state === "queued")).toHaveLength(12);
  expect(waiting.at(-1)?.reason).toMatch(/^out of order since 2026-11-23 09:30 UTC: Twilio error 20003/);
  const grants = await bench.opened.database.rows(
    "select waiting from grants where waiting like 'not told yet: Twilio error 20003%'",
  );
  expect(grants).toHaveLength(5);

  // nobody mends it: one probe now and then
  const probeAfter = async (seconds: number) => {
    bench.clock.advance(seconds * 1_000);
    await bench.sweepAndSend();
    return calls();
  };
  expect(await probeAfter(59)).toBe(5);
  expect(await probeAfter(2)).toBe(6);
  expect(await probeAfter(60)).toBe(6);
  expect(await probeAfter(61)).toBe(7);
  expect(alerts()).toHaveLength(1);
  expect((await bench.opened.corridor.telemetry.text()).body).toContain(
    'accolade_sender_out_of_order{channel="sms",sender="twilio"} 1',
  );
  const doctor = await runAccolade(["doctor"], bench.folder, {
    DATABASE_URL: bench.config.databaseUrl ?? "",
    PUBLIC_URL,
  });
  expect(doctor.stdout).toMatch(/!! {2}sms: twilio: out of order since 2026-11-23 09:30 UTC: Twilio error 20003/);

  bench.vendors.twilio.setMood("accept");
  expect(await probeAfter(241)).toBe(8);
  expect(bench.logged.filter((line) => line.includes("sender in order again"))).toHaveLength(1);
  await bench.sweepAndSend();
  expect(taken()).toBe(12);
  expect(await bench.counted("sent")).toBe(12);
  expect(await bench.opened.database.rows("select from grants where waiting is not null")).toEqual([]);
  expect((await bench.opened.corridor.telemetry.text()).body).toContain(
    'accolade_sender_out_of_order{channel="sms",sender="twilio"} 0',
  );
});

test("out of order: a rule with another channel uses it at once", async () => {
  bench = await opened();
  bench.vendors.meta.setMood("wrongCredentials");
  const { database } = bench.opened;
  await database.run(
    `insert into senders (channel, sender, filled_at, turn_at, faults, out_since, out_why, probe_at) values ('whatsapp', 'meta', $1, $1, 5, $1, 'no token', $2)`,
    [bench.clock.now(), new Date(bench.clock.now().getTime() + 60_000)],
  );
  await bench.win("whatsapp", 3);
  await bench.sendDue();
  await bench.sendDue();
  expect(bench.vendors.smtp.received).toHaveLength(3);
  expect((await bench.messages()).map(({ channel, state }) => `${channel} ${state}`).sort()).toEqual([
    ...Array(3).fill("email sent"),
    ...Array(3).fill("whatsapp failed"),
  ]);
});
