/** What Vonage, Amazon SNS, Slack and Teams receive from us, and what Vonage sends back. */
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import { SignJWT } from "jose";
import type { Carried, Rendered, Sender } from "../../src/channels/channel.ts";
import { openSender } from "../../src/channels/index.ts";
import type { ReceiptRequest } from "../../src/receipt.ts";
import { startSlackApi } from "../support/slack-api.ts";
import { startSnsApi } from "../support/sns-api.ts";
import { startTeamsApi } from "../support/teams-api.ts";
import { startVonageApi } from "../support/vonage-api.ts";
import { about, claimUrl, notice, rossi, shippedRenderer } from "./messages.ts";

const closing: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(closing.splice(0).map((each) => each.close())));
const started = async <Api extends { close(): Promise<void> }>(starting: Promise<Api>): Promise<Api> => {
  const api = await starting;
  closing.push(api);
  return api;
};

const now = new Date("2026-11-23T09:30:00Z");
const open = (kind: string, channel: Carried, settings: Record<string, unknown>): Sender => {
  const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };
  const result = openSender(kind, settings, channel, { sql, now: () => now, publicUrl: "https://accolade.example" });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.sender;
};
const renderer = await shippedRenderer();
const key = "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10";
const send = (sender: Sender, to: string, rendered: Rendered) =>
  sender.send({ key, to, name: "Giulia Rossi", rendered });

test("Vonage: by application or by API key, the number without its plus, our key to come back", async () => {
  const vonage = await started(startVonageApi());
  const { applicationId, privateKey, apiKey, apiSecret } = vonage;
  const common = { from: "+390612345678", apiBase: vonage.url };
  const rendered = renderer.renderReward("sms", "it", rossi);
  const byApplication = open("vonage", "sms", { ...common, applicationId, privateKey, signatureSecret: "s" });
  const byKey = open("vonage", "sms", { ...common, apiKey, apiSecret });
  for (const sender of [byApplication, byKey])
    expect(await send(sender, "+393331234567", rendered)).toMatchObject({ outcome: "accepted" });
  const message = {
    ...{ message_type: "text", channel: "sms", to: "393331234567", from: "390612345678" },
    ...{ text: rendered.text, client_ref: key },
  };
  // without the secret a receipt could not be told from a stranger's, so none is asked for
  expect(vonage.messages).toEqual([{ ...message, webhook_url: "https://accolade.example/receipts/sms" }, message]);
  expect(byKey.receive).toBeUndefined();
});

const SECRET = "a signature secret of the account";
const receive = async (
  content: unknown,
  change: Partial<{ secret: string; body: string; expires: number; header: string }> = {},
) => {
  const sender = open("vonage", "sms", { apiKey: "k", apiSecret: "s", from: "Acme", signatureSecret: SECRET });
  const body = JSON.stringify(content);
  const seconds = Math.floor(now.getTime() / 1000);
  const token = await new SignJWT({ payload_hash: createHash("sha256").update(body).digest("hex"), iss: "Vonage" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(seconds)
    .setExpirationTime(change.expires ?? seconds + 60)
    .sign(new TextEncoder().encode(change.secret ?? SECRET));
  const request: ReceiptRequest = {
    method: "POST",
    url: "https://accolade.example/receipts/sms",
    headers: { authorization: change.header ?? `Bearer ${token}` },
    body: Buffer.from(change.body ?? body),
  };
  return sender.receive?.(request);
};
const delivered = {
  ...{ message_uuid: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", to: "393331234567", from: "390612345678" },
  ...{ timestamp: "2026-11-23T09:29:58Z", status: "delivered", client_ref: key, channel: "sms" },
};

test("Vonage: a signed receipt is read, also a failure and a STOP", async () => {
  expect(await receive(delivered)).toEqual({
    receipts: [
      {
        what: "state",
        key: `vonage/${delivered.message_uuid}/delivered`,
        message: { key },
        state: "delivered",
        at: new Date("2026-11-23T09:29:58Z"),
      },
    ],
  });
  const error = {
    type: "https://developer.vonage.com/api-errors/messages#1320",
    title: 1320,
    detail: "No route to 393331234567",
  };
  const failed = await receive({ ...delivered, status: "undeliverable", error });
  expect(failed).toEqual({
    receipts: [expect.objectContaining({ state: "failed", code: "1320", detail: "No route to …" })],
  });
  // what says nothing of the number leaves the number as it is
  expect(failed).not.toHaveProperty("receipts.0.address");
  const { client_ref: _, ...strangers } = delivered;
  expect(await receive(strangers)).toMatchObject({
    receipts: [{ message: { reference: delivered.message_uuid }, state: "delivered" }],
  });
  const stop = { message_uuid: "b", to: "390612345678", from: "393331234567", channel: "sms", message_type: "text" };
  expect(await receive({ ...stop, text: "STOP", timestamp: "2026-11-23T09:29:58Z" })).toEqual({
    receipts: [
      { what: "heard", key: "vonage/b", from: "+393331234567", text: "STOP", at: new Date("2026-11-23T09:29:58Z") },
    ],
  });
});

test.each([
  ["another secret", { secret: "a secret of somebody else's" }],
  ["a changed body", { body: JSON.stringify({ ...delivered, status: "read" }) }],
  ["a token that is long over", { expires: Math.floor(now.getTime() / 1000) - 3_600 }],
  ["no token", { header: "" }],
  ["a token without signature", { header: `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.` }],
] as const)("Vonage: %s is refused", async (_, change) => {
  expect(await receive(delivered, change)).toMatchObject({ refused: 401 });
});

test("Amazon SNS: transactional, with sender and price limit, and only after asking whether the number opted out", async () => {
  const sns = await started(startSnsApi());
  const { region, accessKeyId, secretAccessKey } = sns;
  const settings = { region, accessKeyId, secretAccessKey, apiBase: sns.url };
  const rendered = renderer.renderReward("sms", "it", about({ subjectName: "Società & Città + 100%" }));
  await send(open("amazon-sns", "sms", { ...settings, senderId: "Acme", maxPrice: 0.12 }), "+393331234567", rendered);
  expect(sns.messages).toEqual([
    {
      Action: "Publish",
      Version: "2010-03-31",
      PhoneNumber: "+393331234567",
      Message: rendered.text,
      "MessageAttributes.entry.1.Name": "AWS.SNS.SMS.SMSType",
      "MessageAttributes.entry.1.Value.DataType": "String",
      "MessageAttributes.entry.1.Value.StringValue": "Transactional",
      "MessageAttributes.entry.2.Name": "AWS.SNS.SMS.SenderID",
      "MessageAttributes.entry.2.Value.DataType": "String",
      "MessageAttributes.entry.2.Value.StringValue": "Acme",
      "MessageAttributes.entry.3.Name": "AWS.SNS.SMS.MaxPrice",
      "MessageAttributes.entry.3.Value.DataType": "Number",
      "MessageAttributes.entry.3.Value.StringValue": "0.12",
    },
  ]);
});

test("Slack: a direct message, and nothing that a CRM wrote is read as markup, a mention or a link", async () => {
  const slack = await started(startSlackApi());
  const sender = open("slack", "slack", { botToken: slack.botToken, apiBase: slack.url });
  const rendered = renderer.renderReward(
    "slack",
    "en",
    about({ subjectName: "<!channel> *Rossi* <https://evil.example|x>" }),
  );
  for (let times = 0; times < 2; times++) await send(sender, "giulia.rossi@example.org", rendered);
  expect(slack.messages).toHaveLength(2);
  const [message] = slack.messages;
  expect(message?.channel).toBe("U0GIULIA");
  expect(message?.text).not.toMatch(/<[!@#h]/);
  const marked = message?.blocks.flatMap((block) =>
    block.type === "section" && block.text.type === "mrkdwn" ? [block.text.text] : [],
  );
  expect(marked).toEqual([`*<${claimUrl}|Open your reward>*`, `<${claimUrl}#why|Why this reward?>`]);
  expect(JSON.stringify(message?.blocks[0])).toContain("<!channel> *Rossi*");
});

test("Teams: a card for one person, or for a team without a name of who it goes to", async () => {
  const teams = await started(startTeamsApi());
  const rendered = renderer.renderNotice("declined", "teams", "it", notice);
  await send(
    open("teams", "teams", { webhook: teams.webhook, allowPrivate: true }),
    "giulia.rossi@example.org",
    rendered,
  );
  const celebration = renderer.renderCelebration("it", { ...rossi, person: "Giulia Rossi", team: "EMEA" });
  await send(open("teams", "celebration", { webhook: teams.webhook, allowPrivate: true }), "", celebration);
  const [own, team] = teams.messages;
  expect(own).toMatchObject({
    recipient: "giulia.rossi@example.org",
    attachments: [{ content: { actions: [{ url: claimUrl }, { url: `${claimUrl}#why` }] } }],
  });
  expect(team?.recipient).toBeUndefined();
  const said = JSON.stringify(team).replaceAll("\u00a0", " ");
  expect(said).toContain("Giulia Rossi · EMEA");
  expect(said).toContain("La trattativa Rossi è vinta: 62.000 EUR in 41 giorni");
  // neither the way to the reward nor what it is worth
  expect(said).not.toContain(claimUrl);
  expect(said).not.toContain("100 EUR");
});
