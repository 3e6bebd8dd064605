import { createHash } from "node:crypto";
import type { Delivery, Unpacked } from "../connector.ts";
import { type Notification, readEnvelope } from "./envelope.ts";
import { isObjectName } from "./objects.ts";
import type { SalesforceSettings } from "./settings.ts";
import { unpackSnapshot } from "./unpack-snapshot.ts";
import { utf8 } from "./utf8.ts";

/** Each notification of a stored Outbound Message. Objects that we do not keep are understood, and give nothing. */
export const unpackOutboundMessage = (delivery: Delivery, settings: SalesforceSettings): Unpacked[] => {
  const envelope = readEnvelope(utf8(delivery.body) ?? "");
  if ("problem" in envelope) {
    const key = `bad:${sha256(delivery.body)}`;
    return [{ bad: { key, place: "Envelope", found: envelope.problem, expected: "a Salesforce Outbound Message" } }];
  }
  const fallback = delivery.receivedAt.toISOString();
  return envelope.notifications.flatMap((notification, index) =>
    unpackNotification(notification, `Notification[${index}]`, fallback, settings),
  );
};

const unpackNotification = (
  { id, type, fields }: Notification,
  place: string,
  fallback: string,
  settings: SalesforceSettings,
): Unpacked[] => {
  const badKey = `bad:${sha256(JSON.stringify([id, type, [...fields]]))}`;
  if (id === null || id.length > 100) {
    const found = id === null ? "nothing" : "a longer text";
    return [{ bad: { key: badKey, place: `${place}.Id`, found, expected: "the notification's id" } }];
  }
  if (type === null) {
    return [
      { bad: { key: badKey, place: `${place}.sObject`, found: "no xsi:type", expected: "the type of the record" } },
    ];
  }
  if (!isObjectName(type)) return [];
  const keyOf = (recordId: string) => `om:${id}:${recordId}`;
  return [
    unpackSnapshot({ object: type, snapshot: fields, place: `${place}.sObject`, fallback, keyOf, badKey }, settings),
  ];
};

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
