import type { FactValue } from "../../src/events.ts";

/** What the type of an event says by itself about its record: `deal.won` is a status, `contact.deleted` an end. */
export const typeFacts = (type: string, occurredAt: string): Readonly<Record<string, FactValue>> => {
  const [kind, what] = type.split(".");
  switch (what) {
    case "created":
      return { exists: true, created_at: occurredAt };
    case "restored":
      return { exists: true };
    case "deleted":
      return { exists: false };
    case "erased":
      return { erased: true };
    case "subscribed":
      return { subscribed: true };
    case "unsubscribed":
      return { subscribed: false };
    case "converted":
      return { converted: true };
  }
  if (kind !== "deal") return {};
  const status = { won: "won", lost: "lost", reopened: "open" }[what ?? ""];
  return status === undefined ? {} : { status };
};
