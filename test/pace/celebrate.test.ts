/** What a team reads in its channel: once for each person and win, nothing of the reward, and of nobody who asked to be left out. */
import { afterEach, expect, test } from "@jest/globals";
import { type SlackApi, startSlackApi } from "../support/slack-api.ts";
import { openPaceBench, type PaceBench } from "./bench.ts";

let bench: PaceBench;
let slack: SlackApi;
afterEach(async () => {
  await bench.close();
  await slack.close();
});

const start = async () => {
  slack = await startSlackApi();
  bench = await openPaceBench(
    (config) => `${config}
celebrations:
  emea: { sender: slack-webhook, webhook: "${slack.webhook}", allowPrivate: true, team: EMEA, language: it, rate: 100 per second }
  dach: { sender: slack-webhook, webhook: "${slack.webhook}", allowPrivate: true, team: DACH }
`,
  );
  await bench.opened.database.run("update recipients set team = 'EMEA'");
};
const celebrations = async () =>
  (await bench.messages())
    .filter(({ channel }) => channel.startsWith("celebration:"))
    .map(({ channel, state, reason }) => ({ channel, state, reason }));

test("posted to the team's channel, in its language, beside the message to the person", async () => {
  await start();
  await bench.win("sms", 1);
  await bench.sweepAndSend();
  expect(await celebrations()).toEqual([{ channel: "celebration:emea", state: "sent", reason: null }]);
  expect(slack.messages.map(({ text }) => text.replaceAll("\u00a0", " "))).toEqual([
    expect.stringMatching(/^Giulia Bianchi · EMEA: La trattativa sms 4001 è vinta: 9.000 EUR/),
  ]);
  const said = JSON.stringify(slack.messages);
  expect(said).not.toMatch(/\/me\/|30|punti|points/);
  expect(bench.vendors.twilio.messages).toHaveLength(1);
  await bench.sweepAndSend();
  expect(slack.messages).toHaveLength(1);
});

test("not of who is in private mode, not of a reward that was taken back, not a day later", async () => {
  await start();
  const { database } = bench.opened;
  await database.run("alter table recipients add column if not exists private boolean not null default false");
  await bench.win("sms", 1);
  await database.run("update recipients set private = true");
  await bench.sweepAndSend();
  expect(await celebrations()).toEqual([
    { channel: "celebration:emea", state: "skipped", reason: "this person is not celebrated where others read it" },
  ]);
  await bench.win("sms", 1);
  expect(await celebrations()).toHaveLength(1);

  await database.run("update recipients set private = false");
  await bench.win("sms", 2);
  await database.run(
    "update grants set undone_at = now() where id = (select grant_id from messages where kind = 'celebration' and state = 'queued' limit 1)",
  );
  bench.clock.advance(25 * 3_600_000);
  await bench.sweepAndSend();
  expect((await celebrations()).map(({ reason }) => reason).sort()).toEqual([
    "it is more than a day ago",
    "the reward was taken back",
    "this person is not celebrated where others read it",
  ]);
  expect(slack.messages).toEqual([]);
});

test("a webhook that is gone is alerted of once, and what waited for it is posted when it is back", async () => {
  await start();
  slack.setMood("wrongCredentials");
  await bench.win("sms", 7);
  await bench.sweepAndSend();
  expect((await celebrations()).map(({ state }) => state)).toEqual(Array(7).fill("queued"));
  expect(bench.logged.filter((line) => line.includes("sender out of order"))).toHaveLength(1);
  slack.setMood("accept");
  for (let round = 0; round < 8; round++) {
    bench.clock.advance(61_000);
    await bench.sweepAndSend();
  }
  expect((await celebrations()).map(({ state }) => state)).toEqual(Array(7).fill("sent"));
  expect(slack.messages).toHaveLength(7);
});
