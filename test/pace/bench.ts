/** Messages of won deals at hand, to be sent by the step `notify` itself, with a clock that stands still. */
import { fulfil } from "../../src/pipeline/fulfil.ts";
import { notify } from "../../src/pipeline/notify.ts";
import { sweep } from "../../src/pipeline/settle.ts";
import { filesFor, startVendors, type Vendors, WEBHOOK_SECRET } from "../journeys/workspaces.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { type Bench, type Clock, clockAt, openBench, PUBLIC_URL } from "../support/workspace.ts";

export interface PaceBench extends Bench {
  vendors: Vendors;
  clock: Clock;
  /** Wins so many deals that are told over this channel, and gives the ids of their messages, oldest first. */
  win(channel: "email" | "sms" | "whatsapp", deals: number, owner?: string): Promise<string[]>;
  /** Sends what is due, once each, all at the same time. */
  sendDue(): Promise<void>;
  /** A round of the sweeper, and what became due by it. */
  sweepAndSend(): Promise<void>;
  messages(): Promise<{ id: string; channel: string; state: string; reason: string | null; not_before: Date }[]>;
  counted(state: string): Promise<number>;
}

export const openPaceBench = async (change: (config: string) => string): Promise<PaceBench> => {
  const vendors = await startVendors();
  const files = filesFor(vendors, "meta");
  const clock = clockAt("2026-11-23T09:30:00Z");
  // points need no vendor: what is looked at here is the telling
  const rules = {
    "journeys.yaml": (files.rules["journeys.yaml"] ?? "").replaceAll(
      /give: (code|card, value: 25 EUR)/g,
      "give: points",
    ),
  };
  const bench = await openBench({ ...files, rules, config: change(files.config) }, clock);
  const { database, corridor } = bench.opened;
  let deals = 4_000;
  const messages = () =>
    database.rows<{ id: string; channel: string; state: string; reason: string | null; not_before: Date }>(
      "select id, channel, state, reason, not_before from messages order by created_at, id",
    );
  const sendDue = async () => {
    const due = await database.rows<{ id: string }>(
      "select id from messages where state in ('queued', 'sending') and not_before <= $1",
      [clock.now()],
    );
    await Promise.all(due.map(({ id }) => notify(corridor, id)));
  };
  return {
    ...bench,
    vendors,
    clock,
    messages,
    sendDue,
    counted: async (state) => (await messages()).filter((each) => each.state === state).length,
    async sweepAndSend() {
      await sweep(corridor);
      await sendDue();
    },
    async win(channel, count, owner = "giulia") {
      const before = new Set((await messages()).map(({ id }) => id));
      for (let at = 0; at < count; at++) {
        const id = String(++deals);
        const body = JSON.stringify({
          type: "deal.won",
          subject: { kind: "deal", id },
          occurredAt: clock.now().toISOString(),
          record: { name: `${channel} ${id}`, amount: 9_000, currency: "EUR", owner },
        });
        const url = `${PUBLIC_URL}/webhooks/shop`;
        const headers = standardWebhooks({ method: "POST", url, rest: "", body, now: clock.now() }, WEBHOOK_SECRET);
        await bench.accept("shop", { method: "POST", url, rest: "", headers, body: Buffer.from(body) });
      }
      await bench.drain();
      const grants = await database.rows<{ id: string }>("select id from grants where state = 'approved'");
      for (const { id } of grants) await fulfil(corridor, id);
      return (await messages()).map(({ id }) => id).filter((id) => !before.has(id));
    },
    async close() {
      await bench.close();
      await vendors.close();
    },
  };
};
