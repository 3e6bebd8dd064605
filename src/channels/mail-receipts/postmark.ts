/** Postmark's webhooks. They are not signed: Postmark sends the user and password that its webhook was given. */
import { z } from "zod";
import type { MessageReceipt } from "../../receipt.ts";
import { vendorWords } from "../call.ts";
import { type MailReceiptsKind, MESSAGE_HEADER, whoTells } from "./mail-receipts.ts";
import { readJson } from "./read-json.ts";
import { sameText } from "./same-text.ts";

const Settings = z.strictObject({
  from: z.literal("postmark").describe(whoTells),
  user: z.string().min(1).describe("User that you entered under HTTP authentication of the webhook"),
  password: z.string().min(16, "expected at least 16 characters").describe("Password that you entered there"),
});

const METADATA = "accolade-message";

export const postmark: MailReceiptsKind<z.infer<typeof Settings>> = {
  id: "postmark",
  settings: Settings,
  secrets: ["password"],
  open({ user, password }) {
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    return {
      headers: (key) => ({ [MESSAGE_HEADER]: key, [`X-PM-Metadata-${METADATA}`]: key }),
      async receive({ method, headers, body }) {
        if (method !== "POST") return { refused: 405, reason: "method" };
        const given = headers.authorization;
        if (given === undefined) return { refused: 401, reason: "login_missing" };
        if (!sameText(given, expected)) return { refused: 401, reason: "login" };
        const told = Event.safeParse(readJson(body));
        return told.success ? { receipts: read(told.data) } : { refused: 400, reason: "not_postmark" };
      },
    };
  },
};

const Event = z.object({
  RecordType: z.string(),
  MessageID: z.string().min(1),
  ID: z.union([z.number(), z.string()]).nullish(),
  Type: z.string().nullish(),
  Description: z.string().nullish(),
  Inactive: z.boolean().nullish(),
  SuppressSending: z.boolean().nullish(),
  BouncedAt: z.string().nullish(),
  DeliveredAt: z.string().nullish(),
  ChangedAt: z.string().nullish(),
  Metadata: z.record(z.string(), z.unknown()).nullish(),
});
type Event = z.infer<typeof Event>;

const read = (event: Event): MessageReceipt[] => {
  const told = tell(event);
  if (!told) return [];
  const key = Object.entries(event.Metadata ?? {}).find(([name]) => name.toLowerCase() === METADATA)?.[1];
  const message = typeof key === "string" ? { key } : { reference: event.MessageID };
  const at = new Date(event.BouncedAt ?? event.DeliveredAt ?? event.ChangedAt ?? 0);
  if (Number.isNaN(at.getTime())) return [];
  return [{ what: "state", key: `${event.RecordType}/${event.MessageID}/${event.ID ?? ""}`, message, at, ...told }];
};

type Told = Omit<Extract<MessageReceipt, { what: "state" }>, "what" | "key" | "message" | "at">;

/** Postmark counts answers of machines among its bounces. */
const noBounces = new Set(["AutoResponder", "Subscribe", "AddressChange", "ChallengeVerification"]);

/** `Inactive`: Postmark itself will not send to that address any more. */
const tell = ({ RecordType, Type, Description, Inactive, SuppressSending }: Event): Told | undefined => {
  switch (RecordType) {
    case "Delivery":
      return { state: "delivered" };
    case "Bounce":
      if (Type && noBounces.has(Type)) return undefined;
      return {
        state: "failed",
        code: Type ?? "Bounce",
        detail: `bounced (${Type ?? "unknown"}): ${vendorWords(Description ?? "no details")}`,
        address: Type === "HardBounce" || Inactive ? "bad" : "soft",
      };
    case "SpamComplaint":
      return { state: "delivered", code: RecordType, address: "complained" };
    case "SubscriptionChange":
      return SuppressSending ? { state: "delivered", code: RecordType, address: "optedOut" } : undefined;
    default:
      return undefined;
  }
};
