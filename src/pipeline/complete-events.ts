/** What one delivery says, as rows of events: every event checked, and what cannot be understood with its reason. */
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import type { Unpacked } from "../../connectors/connector.ts";
import { CrmEvent, type Fact } from "../events.ts";
import { storable, storableParts } from "../storable.ts";
import type { Corridor } from "./corridor.ts";

export interface InboxRow {
  id: number;
  connection: string;
  format: string;
  body: Buffer;
  received_at: Date;
}

export interface EventRow {
  connection: string;
  key: string;
  inboxId: number;
  type: string;
  kind: string;
  id: string;
  occurredAt: string;
  receivedAt: Date;
  facts: readonly Fact[];
  actor: string | null;
  origin: string | null;
  state: "reading" | "ready" | "parked";
  reason: string | null;
}

const inflate = promisify(inflateRaw);

/** None where accolade.yaml has no such connection any more. */
export const eventsOf = async ({ connections }: Pick<Corridor, "connections">, row: InboxRow): Promise<EventRow[]> => {
  const open = connections.get(row.connection);
  // emptied for somebody who was erased: it was unpacked before
  if (!open || row.body.length === 0) return [];
  const body = (await inflate(row.body)) as Buffer;
  const delivery = { connection: row.connection, format: row.format, body, receivedAt: row.received_at };
  return open.unpack(delivery).map((part) => eventRow(row, part));
};

const eventRow = (row: InboxRow, part: Unpacked): EventRow => {
  const common = { connection: row.connection, inboxId: row.id, receivedAt: row.received_at };
  const checked = "event" in part ? CrmEvent.safeParse(part.event) : undefined;
  if (checked?.success) {
    const event = checked.data;
    return {
      ...common,
      key: storable(event.key),
      type: storable(event.type),
      kind: event.subject.kind,
      id: storable(event.subject.id),
      occurredAt: event.occurredAt,
      facts: event.facts.every(isStorable) ? event.facts : storableParts(event.facts),
      actor: storableParts(event.actor ?? null),
      origin: storableParts(event.origin ?? null),
      state: event.needsRead ? "reading" : "ready",
      reason: null,
    };
  }
  const issue = checked?.error.issues[0];
  const bad =
    "bad" in part
      ? part.bad
      : {
          key: part.event.key,
          place: issue?.path.join(".") ?? "event",
          found: "something else",
          expected: issue?.message ?? "an event",
        };
  return {
    ...common,
    key: storable(`bad:${row.id}:${bad.key}`.slice(0, 500)),
    type: "not understood",
    kind: "none",
    id: "",
    occurredAt: row.received_at.toISOString(),
    facts: [],
    actor: null,
    origin: null,
    state: "parked",
    reason: storable(`${bad.place}: found ${bad.found}, expected ${bad.expected}`),
  };
};

/** Nearly every fact is: then none of them is copied. */
const isStorable = ({ id, field, value }: Fact): boolean =>
  [id, field, value].every((part) => typeof part !== "string" || storable(part) === part);
