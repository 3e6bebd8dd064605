/** What a vendor, a missing address or an empty pool does to a reward: it waits, says why, and goes on by itself. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { importCodes } from "../../src/rewards/index.ts";
import { senders } from "../journeys/senders.ts";
import { filesFor, startVendors, type Vendors } from "../journeys/workspaces.ts";
import { eventually, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

let vendors: Vendors;
let running: RunningWorkspace;

beforeAll(async () => {
  vendors = await startVendors();
  const files = filesFor(vendors, "meta");
  running = await startWorkspace({
    ...files,
    config: files.config.replace("timeoutMs: 2000", "timeoutMs: 1000, lookupAfterMs: 200"),
  });
}, 60_000);
afterAll(async () => {
  await running?.stop();
  await vendors?.close();
}, 60_000);
beforeEach(async () => {
  // one person wins every deal here, and what a channel said of their address would count for all that follow
  await running.server.opened.database.run("delete from consents");
  vendors.twilio.setMood("accept");
  vendors.meta.setMood("accept");
  vendors.smtp.setMood("accept");
  vendors.tremendous.faults.afterAccept = undefined;
  vendors.tremendous.faults.instead = undefined;
});

let deals = 500;
/** A won deal that is told over this channel; returns its id. */
const win = async (channel: "email" | "sms" | "whatsapp", sender = "shop"): Promise<string> => {
  const id = String(++deals);
  const request = senders[sender]?.({ id, name: `${channel} ${id}`, amount: 9_000 }, vendors);
  const answer = await fetch(running.door + request?.path, {
    method: "POST",
    headers: request?.headers ?? {},
    body: request?.body ?? "",
  });
  expect(answer.status).toBeLessThan(300);
  return id;
};

interface Seen {
  id: string;
  state: string;
  waiting: string | null;
  messages: string[];
  attempts: string[];
}
const grantOf = (deal: string) =>
  running.server.opened.database.row<Seen>(
    `select g.id, g.state, g.waiting,
       array(select channel || ' ' || state || coalesce(': ' || reason, '') from messages where grant_id = g.id order by created_at, id) as messages,
       array(select what || ' ' || coalesce(outcome, 'open') from attempts where grant_id = g.id order by id) as attempts
     from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1`,
    [deal],
  );
const grantWhen = (deal: string, what: string, holds: (grant: Seen) => boolean, withinMs?: number) =>
  eventually(
    `deal ${deal}: ${what}`,
    async () => {
      const grant = await grantOf(deal);
      return grant && holds(grant) ? grant : undefined;
    },
    withinMs,
  );

test("an empty pool: the grant says so and waits; a refill completes it, and the code is given once", async () => {
  const deal = await win("whatsapp");
  const waiting = await grantWhen(deal, "waits for codes", (grant) => grant.waiting !== null);
  expect(waiting).toMatchObject({ state: "approved", messages: [] });
  expect(waiting.waiting).toMatch(/pool "?coffee"? has no codes left.*accolade codes import coffee/);

  const { database, sealer } = running.server.opened.corridor;
  await importCodes(database, sealer, "coffee", "code\nREFILL-1\n", new Date());
  await database.run("update grants set not_before = now() where id = $1", [waiting.id]);
  const done = await grantWhen(deal, "is issued", (grant) => grant.messages[0] === "whatsapp sent");
  expect(done).toMatchObject({ state: "issued", waiting: null });
  expect(done.attempts.filter((attempt) => attempt === "order accepted")).toHaveLength(1);
});

test("a channel that refuses falls back to the next one, and the reason is kept", async () => {
  const { database, sealer } = running.server.opened.corridor;
  await importCodes(database, sealer, "coffee", "code\nFALLBACK-1\n", new Date());
  vendors.meta.setMood("badAddress");
  const deal = await win("whatsapp");
  const told = await grantWhen(deal, "is told by email", (grant) => grant.messages.at(-1) === "email sent");
  expect(told.messages[0]).toMatch(/^whatsapp failed: .*(131026|undeliverable)/i);
});

test("every channel refuses: the grant is kept and says that nobody was told", async () => {
  vendors.twilio.setMood("optedOut");
  const deal = await win("sms");
  const kept = await grantWhen(deal, "says that nobody was told", (grant) => grant.waiting !== null);
  expect(kept).toMatchObject({ state: "issued", waiting: "nobody was told: every channel of the rule failed" });
});

test.each(["reset", "hang", 500] as const)(
  "a provider that takes the order and then answers with %p: one order, found by its key",
  async (fault) => {
    vendors.tremendous.faults.afterAccept = fault;
    const before = vendors.tremendous.orders.length;
    const deal = await win("email");
    await grantWhen(deal, "is unknown", (grant) => grant.state === "unknown");
    vendors.tremendous.faults.afterAccept = undefined;
    const done = await grantWhen(deal, "is told", (grant) => grant.messages[0] === "email sent");
    expect(done.state).toBe("issued");
    expect(done.attempts.slice(0, 2)).toEqual(["order unknown", "lookup accepted"]);
    expect(vendors.tremendous.orders).toHaveLength(before + 1);
  },
);

test("a provider without funds: the grant waits and goes on once there are some", async () => {
  vendors.tremendous.faults.instead = {
    to: "POST /orders",
    status: 402,
    body: { errors: { message: "Insufficient funds" } },
  };
  const deal = await win("email");
  const waiting = await grantWhen(deal, "waits for funds", (grant) => grant.waiting !== null);
  expect(waiting.state).toBe("approved");
  vendors.tremendous.faults.instead = undefined;
  // refused once it waits 10 s, and the sweeper has 3 s of patience
  const done = await grantWhen(deal, "is told", (grant) => grant.messages[0] === "email sent", 45_000);
  expect(done.attempts).toEqual(expect.arrayContaining(["order rejected", "order accepted", "send accepted"]));
}, 60_000);

test("a mail server that goes silent after taking the mail: unknown, and not sent again", async () => {
  vendors.smtp.setMood("cutAfterData");
  const before = vendors.smtp.received.length;
  const deal = await win("email");
  const seen = await grantWhen(
    deal,
    "has an unknown message",
    (grant) => grant.messages[0]?.startsWith("email unknown") ?? false,
  );
  expect(seen.messages).toHaveLength(1);
  expect(vendors.smtp.received).toHaveLength(before + 1);
});

test("a channel that asks for patience is asked again, with the same message", async () => {
  vendors.twilio.setMood("limited");
  const deal = await win("sms");
  await grantWhen(deal, "was asked once", (grant) => grant.attempts.includes("send retryLater"));
  vendors.twilio.setMood("accept");
  const done = await grantWhen(deal, "is told", (grant) => grant.messages[0] === "sms sent");
  expect(done.messages).toHaveLength(1);
});

test("nobody to reach: the reward is kept, shown as unreachable, and told when people.yaml names an address", async () => {
  const body = JSON.stringify({
    type: "deal.won",
    subject: { kind: "deal", id: "901" },
    occurredAt: new Date().toISOString(),
    record: { name: "sms to a stranger", amount: 5_000, currency: "EUR", owner: "marta" },
  });
  const { standardWebhooks } = await import("../support/sign-webhook.ts");
  const { WEBHOOK_SECRET } = await import("../journeys/workspaces.ts");
  const headers = standardWebhooks({ method: "POST", url: "", rest: "", body, now: new Date() }, WEBHOOK_SECRET);
  await fetch(`${running.door}/webhooks/shop`, { method: "POST", headers, body });
  const kept = await grantWhen("901", "is unreachable", (grant) => grant.waiting !== null);
  expect(kept).toMatchObject({
    state: "issued",
    waiting: "unreachable: no phone number is known of this rep",
    messages: [],
  });

  const file = path.join(running.folder, "people.yaml");
  const people = await readFile(file, "utf8");
  await writeFile(
    file,
    `${people}  - { name: Marta Riva, email: marta@acme.example, phone: "+39 348 765 4321", crm: { shop: marta } }\n`,
  );
  const told = await grantWhen("901", "is told", (grant) => grant.messages[0] === "sms sent");
  expect(told.waiting).toBeNull();
  expect(vendors.twilio.messages.at(-1)?.form.To).toBe("+393487654321");
});

test("a people file with a mistake changes nothing and is named with its place", async () => {
  const file = path.join(running.folder, "people.yaml");
  const people = await readFile(file, "utf8");
  await writeFile(file, `${people}  - { name: Nobody, email: not-an-address }\n`);
  await eventually("the log to name the place", async () =>
    running.logged.some((line) => /people\.yaml:\d+:\d+/.test(line)),
  );
  await writeFile(file, people);
});
