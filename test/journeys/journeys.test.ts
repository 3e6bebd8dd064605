/** From a webhook in the exact form that each CRM sends to the recipient's hands, over real HTTP, on both queue backends. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { importCodes } from "../../src/rewards/index.ts";
import { redisAtHand, startRedis } from "../support/redis.ts";
import { eventually, PUBLIC_URL, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";
import { senders, type WonDeal } from "./senders.ts";
import { filesFor, startVendors, type Vendors } from "./workspaces.ts";

const channels = ["email", "sms", "whatsapp"] as const;
const journeys = Object.keys(senders).flatMap((connection) => channels.map((channel) => ({ connection, channel })));

const backends = [
  { queue: "PostgreSQL", whatsapp: "meta" as const, redis: false },
  { queue: "Redis", whatsapp: "twilio" as const, redis: true },
];

for (const { queue, whatsapp, redis } of backends) {
  const usable = !redis || redisAtHand() || process.env.CI !== undefined;
  if (!usable) console.warn("skipped: journeys on Redis need redis-server (apt-get install redis-server)");
  (usable ? describe : describe.skip)(`with the queue on ${queue}`, () => {
    let vendors: Vendors;
    let running: RunningWorkspace;
    let stopRedis = async () => {};

    beforeAll(async () => {
      vendors = await startVendors();
      const env: Record<string, string> = {};
      if (redis) {
        const server = await startRedis();
        env.REDIS_URL = server.url;
        stopRedis = server.stop;
      }
      running = await startWorkspace(filesFor(vendors, whatsapp, env));
      const { database, sealer } = running.server.opened.corridor;
      const codes = journeys.map((_, index) => `COFFEE-${queue}-${1000 + index}`);
      await importCodes(database, sealer, "coffee", `code\n${codes.join("\n")}\n`, new Date());
    }, 60_000);
    afterAll(async () => {
      await running?.stop();
      await stopRedis();
      await vendors?.close();
    }, 60_000);

    let deals = 100;
    test.each(journeys)("$connection to $channel", async ({ connection, channel }) => {
      const deal: WonDeal = { id: String(++deals), name: `${channel} deal ${deals}`, amount: 62_000 };
      const { path, headers, body } = senders[connection]?.(deal, vendors) ?? raise(connection);
      const answers = await Promise.all(
        [1, 2].map(() => fetch(running.door + path, { method: "POST", headers, body })),
      );
      for (const answer of answers) expect(answer.status).toBeLessThan(300);
      if (path.includes("/a-secret-path")) expect(await answers[0]?.text()).toContain("<Ack>true</Ack>");

      const link = await eventually(`the message about ${deal.name}`, async () =>
        linkIn(vendors, channel, whatsapp, deal),
      );
      expect(link).toContain(`${PUBLIC_URL}/me/`);
      const page = await fetch(link.replace(PUBLIC_URL, running.door), { headers: { "accept-language": "it" } });
      expect(page.status).toBe(200);
      const before = await page.text();
      expect(before).toContain(deal.name);
      expect(before).not.toMatch(/COFFEE-|testflight/);

      const shown = await fetch(`${link.replace(PUBLIC_URL, running.door)}/reveal`, { method: "POST" });
      const after = await shown.text();
      if (channel === "email") expect(after).toContain(vendors.tremendous.orders.at(-1)?.links[0] ?? "no link");
      if (channel === "sms") expect(after).toMatch(/30 punti/);
      if (channel === "whatsapp") expect(after).toMatch(/COFFEE-/);
    });

    test("every deal led to one grant, one order and one message", async () => {
      const counted = await running.server.opened.database.rows<{
        rule_id: string;
        grants: number;
        issued: number;
        messages: number;
        sent: number;
      }>(
        `select g.rule_id, count(distinct g.id)::int as grants, count(distinct g.id) filter (where g.state = 'issued')::int as issued,
           count(m.id)::int as messages, count(m.id) filter (where m.state = 'sent')::int as sent
         from grants g left join messages m on m.grant_id = g.id group by 1 order by 1`,
      );
      const each = Object.keys(senders).length;
      expect(counted).toEqual(
        channels.map((rule_id) => ({ rule_id, grants: each, issued: each, messages: each, sent: each })),
      );
      expect(vendors.tremendous.orders).toHaveLength(each);
      expect(vendors.smtp.received).toHaveLength(each);
      expect(vendors.twilio.messages.length + vendors.meta.messages.length).toBe(2 * each);
    });
  });
}

/** The claim link in the newest message that a vendor was handed about this deal. */
const linkIn = (vendors: Vendors, channel: string, whatsapp: string, deal: WonDeal): string | undefined => {
  const find = (text: string | undefined) => /https:\/\/rewards\.example\/me\/[\w.-]+/.exec(text ?? "")?.[0];
  if (channel === "email")
    return find(vendors.smtp.received.find(({ mail }) => mail.text?.includes(deal.name))?.mail.text);
  if (channel === "sms" || whatsapp === "twilio") {
    const form = vendors.twilio.messages.find((message) =>
      Object.values(message.form).some((value) => value.includes(deal.name)),
    )?.form;
    return find(form?.Body ?? form?.ContentVariables) ?? suffixed(form?.ContentVariables);
  }
  const message = vendors.meta.messages.find((each) => JSON.stringify(each).includes(deal.name));
  return find(JSON.stringify(message)) ?? suffixed(JSON.stringify(message));
};

/** A WhatsApp button carries only what follows the template's own address. */
const suffixed = (text: string | undefined) => {
  const token = /[\w-]{22}\.[0-9a-z]+\.[0-9a-z]+\.[\w-]{43}/.exec(text ?? "")?.[0];
  return token && `${PUBLIC_URL}/me/${token}`;
};

const raise = (connection: string): never => {
  throw new Error(`no sender for ${connection}`);
};
