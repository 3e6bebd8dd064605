import type { Delivery, Unpacked } from "../connector.ts";
import { badEvent } from "./bad.ts";
import { parseBody } from "./json-body.ts";
import type { Settings } from "./settings.ts";
import { unpackEvent } from "./unpack-event.ts";
import { unpackWorkflow } from "./workflow.ts";

/** Understands a stored delivery, part by part: one that cannot be understood does not hold up the others. Never throws. */
export const unpack = (delivery: Delivery, settings: Settings): Unpacked[] => {
  const parsed = parseBody(delivery.body);
  if ("reason" in parsed) return [badEvent(delivery.body, "", parsed.reason, "JSON in UTF-8, at most 20 levels deep")];
  if (delivery.format === "workflow") return unpackWorkflow(parsed.value, delivery, settings);
  if (!Array.isArray(parsed.value)) return [badEvent(delivery.body, "", parsed.value, "a list of events")];
  const context = { settings, receivedAt: delivery.receivedAt };
  return parsed.value.flatMap((raw, index) => unpackEvent(raw, index, context) ?? []);
};
