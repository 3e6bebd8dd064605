/** Any other system: our own event shape in JSON, signed as Standard Webhooks says. */
import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import type { Dialect, DialectRefused } from "./dialect.ts";
import type { Ids } from "./ids.ts";
import type { Save } from "./story.ts";

const Settings = z.looseObject({
  secret: z.union([z.string(), z.array(z.string()).min(1)]).transform((one) => [one].flat()[0] ?? ""),
  map: z.unknown().optional(),
});

export const webhookDialect = (written: unknown, ids: Ids): Dialect | DialectRefused => {
  const { secret, map } = Settings.parse(written);
  if (map !== undefined) return { cannot: "its `map` expects another system's shape" };
  const signer = new Webhook(secret);

  return {
    path: "",
    spread: false,
    stages: { open: ["new", "demo", "offer", "negotiation"], won: "won", lost: "lost" },
    carries: () => true,
    newId: ids.text,
    newOwner: () => ids.text("user"),
    say(save) {
      const type = typeOf(save);
      // what the type says already need not be said again
      const told = new Set(type === "deal.created" || type.endsWith(".changed") ? [] : ["status"]);
      const event = {
        type,
        subject: { kind: save.record.kind, id: save.record.id },
        occurredAt: new Date(save.at).toISOString(),
        record: Object.fromEntries(save.values.filter(([field]) => !told.has(field))),
        key: ids.text("event"),
      };
      return [{ record: save.record, payload: event }];
    },
    pack(events, _, now) {
      const body = JSON.stringify({ events: events.map(({ event }) => event.payload) });
      // the same for the same body, as on a retry
      const id = `msg_${createHash("sha256").update(body).digest("hex").slice(0, 24)}`;
      const headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": signer.sign(id, now, body),
      };
      return { headers, body };
    },
  };
};

const typeOf = ({ record, values, first }: Save): string => {
  if (first) return `${record.kind}.created`;
  const now = new Map(values);
  const status = now.get("status");
  if (status === "won" || status === "lost") return `deal.${status}`;
  if (now.has("subscribed")) return now.get("subscribed") === true ? "contact.subscribed" : "contact.unsubscribed";
  return `${record.kind}.changed`;
};
