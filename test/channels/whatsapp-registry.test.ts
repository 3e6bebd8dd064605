/** WhatsApp templates against our words: at start, by doctor, and against what Meta has; what marketing may not do. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Sender } from "../../src/channels/channel.ts";
import { loadTemplates, openSender, whatsappWordsOf } from "../../src/channels/index.ts";
import { Refusal } from "../../src/open-corridor.ts";
import { type MetaApi, startMetaApi } from "../support/meta-api.ts";
import { clockAt, openBench } from "../support/workspace.ts";
import { requestFor } from "./sender-benches.ts";

let meta: MetaApi;
beforeEach(async () => {
  meta = await startMetaApi();
});
afterEach(() => meta.close());

const senderWith = async (settings: Record<string, unknown> = {}): Promise<Sender> => {
  const loaded = await loadTemplates("templates", process.env.ACCOLADE_TEST_LAYOUTS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { accessToken, phoneNumberId, url: apiBase, businessAccountId } = meta;
  const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
  const whatsappWords = whatsappWordsOf(loaded.templates);
  const around = { sql, now: () => new Date(), publicUrl: "https://accolade.example", whatsappWords };
  const opened = openSender(
    "meta",
    { accessToken, phoneNumberId, apiBase, businessAccountId, ...settings },
    "whatsapp",
    around,
  );
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  return opened.sender;
};
const faults = async (settings?: Record<string, unknown>) =>
  (await (await senderWith(settings)).check()).flatMap((check) => (check.ok ? [] : [`${check.what}: ${check.found}`]));

test("templates as docs/channels.md says: doctor finds nothing", async () => {
  expect(await faults()).toEqual([]);
});

test.each<[string, () => unknown, string]>([
  [
    "missing",
    () => meta.templates.delete("accolade_reward/it"),
    "Template accolade_reward (it): Meta has none of this name and language",
  ],
  [
    "not approved",
    () => meta.listed.set("accolade_reward/en", { status: "PAUSED" }),
    "Template accolade_reward (en): its status is PAUSED",
  ],
  [
    "of another category",
    () => meta.listed.set("accolade_reward/en", { category: "MARKETING" }),
    "Template accolade_reward (en): Meta has it as MARKETING, accolade.yaml as utility",
  ],
  [
    "of another number of variables",
    () => meta.templates.set("accolade_reward/it", 3),
    "Template accolade_reward (it): 3 variables, where 4 are sent",
  ],
  [
    "of named variables",
    () => meta.listed.set("accolade_reward/en", { text: "From {{company}}: {{what}}." }),
    "Template accolade_reward (en): named variables (company, what), where numbered ones are sent",
  ],
])("a template that is %s at Meta is named, with what is wrong", async (_, change, fault) => {
  change();
  expect(await faults()).toEqual([fault]);
});

test("an account that Meta does not show: what to do", async () => {
  const checks = await (await senderWith({ businessAccountId: "999" })).check();
  expect(checks).toContainEqual(
    expect.objectContaining({
      ok: false,
      what: "Templates at Meta",
      todo: expect.stringContaining("whatsapp_business_management"),
    }),
  );
});

test("a language of our words without a template for rewards is said", async () => {
  const templates = { reward: { en: { name: "accolade_reward", language: "en" } } };
  expect(await faults({ templates })).toEqual(["WhatsApp templates: none for reward in it"]);
});

test("variables in another order than our words stop the start, and say both", async () => {
  const variables = "variables: [workspace, prize, opening, link]";
  const whatsapp = `{ sender: meta, accessToken: t, phoneNumberId: "1", templates: { reward: { en: { name: accolade_reward, language: en, ${variables} } } } }`;
  const refused = await openBench(
    { config: `channels: { whatsapp: ${whatsapp} }\n`, rules: { "rules.yaml": "rules: []\n" } },
    clockAt("2026-11-23T12:00:00Z"),
  ).catch((error: unknown) => error);
  if (!(refused instanceof Refusal)) throw new Error("it started");
  expect(refused.lines).toEqual([
    "channels.whatsapp.templates.reward.en.variables: found workspace, prize, opening, link; expected workspace, opening, prize, link, as in templates/reward/en.yaml",
  ]);
});

test.each([
  ["marketing", "+14155550123", { outcome: "rejected", kind: "permanent", code: "marketing_us" }, 0],
  ["utility", "+14155550123", { outcome: "accepted" }, 1],
  ["marketing", "+393331234567", { outcome: "accepted" }, 1],
])("a %s template to %s", async (category, to, expected, sent) => {
  const it = { name: "accolade_reward", language: "it", category };
  const sender = await senderWith({ templates: { reward: { it } } });
  expect(await sender.send({ ...requestFor("whatsapp"), to })).toMatchObject(expected);
  expect(meta.messages).toHaveLength(sent);
});
