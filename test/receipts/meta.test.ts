/** Meta reports to the whole server: statuses, failures that fall back to SMS, words of people, the handshake of its settings page. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { applyPeople, type Person } from "../../src/people/people-file.ts";
import { importPeople } from "../../src/pipeline/import-people.ts";
import { keepSettings } from "../../src/pipeline/keep-settings.ts";
import { writePersonToken } from "../../src/pipeline/person-token.ts";
import { type ReceiptBench, startReceiptBench, VERIFY_TOKEN } from "./bench.ts";

let bench: ReceiptBench;
beforeAll(async () => {
  bench = await startReceiptBench();
}, 60_000);
afterAll(() => bench?.close(), 60_000);
beforeEach(() => bench.meta.setMood("accept"));

const at = () => String(Math.floor(Date.now() / 1000));
const value = (more: object) => ({
  messaging_product: "whatsapp",
  metadata: { display_phone_number: "15550783881", phone_number_id: bench.meta.phoneNumberId },
  ...more,
});
const post = (...values: object[]) => ({
  object: "whatsapp_business_account",
  entry: values.map((each) => ({ id: "102290129340398", changes: [{ field: "messages", value: each }] })),
});
const status = (id: string, state: string, more: object = {}) =>
  value({ statuses: [{ id, status: state, timestamp: at(), recipient_id: "393471234500", ...more }] });
const failure = (code: number) => ({
  errors: [{ code, title: "t", message: "m", error_data: { details: "for 393471234500" } }],
});

const told = async (owner: number) => {
  const deal = await bench.win("whatsapp", `p${owner}`);
  const grant = await bench.grantWhen(deal, "is told on WhatsApp", ({ messages }) => messages[0]?.state === "sent");
  return { deal, wamid: grant.messages[0]?.reference ?? "", key: grant.messages[0]?.id ?? "" };
};
const messageOf = async (deal: string) => (await bench.grantOf(deal))?.messages[0];

test("statuses of several messages in one request, read before delivered", async () => {
  const [one, other] = [await told(0), await told(1)];
  const answer = await bench.metaPosts(
    post(status(one.wamid, "read"), status(other.wamid, "delivered"), status(one.wamid, "delivered")),
  );
  expect(answer.status).toBe(200);
  expect((await messageOf(one.deal))?.state).toBe("read");
  expect((await messageOf(other.deal))?.state).toBe("delivered");
});

test("not on WhatsApp: told by SMS, at once and the next time", async () => {
  const { deal, wamid, key } = await told(2);
  const failed = post(status(wamid, "failed", { ...failure(131026), biz_opaque_callback_data: key }));
  await Promise.all([bench.metaPosts(failed), bench.metaPosts(failed), bench.metaPosts(failed)]);
  const grant = await bench.grantWhen(deal, "is told by SMS", ({ messages }) => messages[1]?.state === "sent");
  expect(grant.messages.map(({ channel, state }) => `${channel} ${state}`)).toEqual(["whatsapp failed", "sms sent"]);
  expect(grant.messages[0]?.reason).toContain("not on WhatsApp");
  const next = await bench.win("whatsapp", "p2");
  const later = await bench.grantWhen(next, "is told by SMS", ({ messages }) => messages[0]?.state === "sent");
  expect(later.messages.map(({ channel }) => channel)).toEqual(["sms"]);
  // and once they write from there, it is a number on WhatsApp after all
  const hello = {
    from: "393471234502",
    id: "wamid.hello",
    timestamp: String(Number(at()) + 1),
    type: "text",
    text: { body: "Ciao!" },
  };
  await bench.metaPosts(post(value({ messages: [hello] })));
  await told(2);
});

test("a status that proves a message whose answer was lost", async () => {
  bench.meta.setMood("failAfter");
  const deal = await bench.win("whatsapp", "p3");
  const grant = await bench.grantWhen(deal, "is unknown", ({ messages }) => messages[0]?.state === "unknown");
  const key = bench.meta.messages.at(-1)?.biz_opaque_callback_data;
  expect(key).toBe(grant.messages[0]?.id);
  await bench.metaPosts(post(status("wamid.lost", "delivered", { biz_opaque_callback_data: key })));
  expect(await messageOf(deal)).toMatchObject({ state: "delivered", reason: null });
});

test("stop, in their own words: the rule's next channel from now on", async () => {
  const words = {
    from: "393471234504",
    id: "wamid.stop",
    timestamp: at(),
    type: "text",
    text: { body: "basta messaggi, grazie" },
  };
  await bench.metaPosts(post(value({ messages: [words] })));
  const deal = await bench.win("whatsapp", "p4");
  const grant = await bench.grantWhen(deal, "is told by SMS", ({ messages }) => messages[0]?.state === "sent");
  expect(grant.messages.map(({ channel }) => channel)).toEqual(["sms"]);
});

test("a marketing stop at Meta counts for messages of that kind", async () => {
  const { deal, wamid } = await told(5);
  await bench.metaPosts(post(status(wamid, "failed", failure(131050))));
  await bench.grantWhen(deal, "is told by SMS", ({ messages }) => messages[1]?.state === "sent");
  const kept = await bench.running.server.opened.database.rows(
    "select channel, category, status, source from consents where evidence = 'meta 131050'",
  );
  expect(kept).toEqual([{ channel: "whatsapp", category: "reward", status: "out", source: "vendor" }]);
});

test("another number of the same app is none of ours; what cannot be understood is taken and changes nothing", async () => {
  const { deal, wamid } = await told(6);
  const foreign = { ...status(wamid, "read"), metadata: { phone_number_id: "999" } };
  const strange = value({
    statuses: [{ id: wamid, status: "warped", timestamp: at() }, { nothing: true }],
    messages: [7],
  });
  for (const body of [post(foreign), post(strange), { object: "whatsapp_business_account" }, []])
    expect((await bench.metaPosts(body)).status).toBe(200);
  expect((await messageOf(deal))?.state).toBe("sent");
});

test.each<[string, NonNullable<Parameters<ReceiptBench["metaPosts"]>[1]>]>([
  ["a byte changed after signing", { tamper: true }],
  ["another secret", { secret: "another" }],
  ["no signature", { signature: null }],
  ["a signature without its prefix", { signature: "ab" }],
])("%s: refused, and nothing is kept", async (_, changes) => {
  const { deal, wamid } = await told(7);
  expect((await bench.metaPosts(post(status(wamid, "delivered")), changes)).status).toBe(401);
  expect((await messageOf(deal))?.state).toBe("sent");
});

test("the handshake gives the challenge back, to whoever knows our token", async () => {
  const ask = (token: string) =>
    fetch(
      `${bench.running.door}/receipts/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`,
    );
  const answer = await ask(VERIFY_TOKEN);
  expect([answer.status, await answer.text()]).toEqual([200, "1158201444"]);
  const refused = await ask("a-guess");
  expect([refused.status, await refused.text()]).toEqual([401, "unauthorised\n"]);
  expect((await fetch(`${bench.running.door}/receipts/whatsapp`)).status).toBe(400);
});

test("where agreement is required, WhatsApp is used for those who gave it, and the grant says why not otherwise", async () => {
  const strict = await startReceiptBench({ whatsapp: ", optIn: required" });
  try {
    const first = await strict.win("whatsapp", "p0");
    const told = await strict.grantWhen(first, "is told by SMS", ({ messages }) => messages[0]?.state === "sent");
    expect(told.messages.map(({ channel }) => channel)).toEqual(["sms"]);
    const yes = { from: "393471234500", id: "wamid.yes", timestamp: at(), type: "text", text: { body: "Start" } };
    const said = {
      messaging_product: "whatsapp",
      metadata: { phone_number_id: strict.meta.phoneNumberId },
      messages: [yes],
    };
    expect((await strict.metaPosts(post(said))).status).toBe(200);
    const second = await strict.win("whatsapp", "p0");
    const then = await strict.grantWhen(second, "is told", ({ messages }) => messages[0]?.state === "sent");
    expect(then.messages.map(({ channel }) => channel)).toEqual(["whatsapp"]);

    const { corridor, database } = strict.running.server.opened;
    const idOf = async (email: string) =>
      (await database.row<{ id: string }>("select id from recipients where email = $1", [email]))?.id ?? "";
    const toldOn = async (owner: string) => {
      const deal = await strict.win("whatsapp", owner);
      const grant = await strict.grantWhen(deal, "is told", ({ messages }) => messages[0]?.state === "sent");
      return grant.messages.map(({ channel }) => channel);
    };
    const record = (n: number): Person => ({
      name: `Person ${n}`,
      email: `person${n}@acme.example`,
      phone: `+39347123450${n}`,
      agreed: ["whatsapp"],
    });
    // whoever says it, it is an agreement
    const expiresAt = new Date(Date.now() + 60_000);
    const token = writePersonToken(corridor.sealer, { id: await idOf("person1@acme.example"), version: 1, expiresAt });
    await keepSettings(corridor, token, {
      channels: ["email", "sms", "whatsapp"],
      preferred: null,
      language: null,
      timeZone: null,
      quietHours: "off",
      private: false,
    });
    await importPeople(corridor, [record(2)], { check: false });
    await database.transaction((tx) =>
      applyPeople(tx, corridor.sealer, { people: [record(3)] }, corridor.now(), "people.yaml"),
    );
    for (const owner of ["p1", "p2", "p3"]) expect([owner, await toldOn(owner)]).toEqual([owner, ["whatsapp"]]);
    expect(await toldOn("p4")).toEqual(["sms"]);
    // a record opens nothing that its person has closed, and ends where it no longer says so
    const stop = { ...yes, from: "393471234502", id: "wamid.no", text: { body: "STOP" } };
    expect((await strict.metaPosts(post({ ...said, messages: [stop] }))).status).toBe(200);
    await importPeople(corridor, [record(2)], { check: false });
    await importPeople(corridor, [{ ...record(2), agreed: [] }], { check: false });
    await importPeople(corridor, [record(2)], { check: false });
    await database.transaction((tx) =>
      applyPeople(tx, corridor.sealer, { people: [{ ...record(3), agreed: [] }] }, corridor.now(), "people.yaml"),
    );
    for (const owner of ["p2", "p3"]) expect([owner, await toldOn(owner)]).toEqual([owner, ["sms"]]);
  } finally {
    await strict.close();
  }
}, 60_000);
