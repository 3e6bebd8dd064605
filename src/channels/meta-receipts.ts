/**
 * What Meta sends back: statuses of messages, and messages of people. One request holds several, they come at least once
 * and in no order. https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status/
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { MessageReceipt, ReceiptRequest, Received } from "../receipt.ts";
import { metaAddressMeaning, metaCodeInWords } from "./meta-outcome.ts";

export interface MetaSecrets {
  appSecret: string;
  /** What the webhook's settings page was given: Meta shows it once, when the address is entered. */
  verifyToken: string | undefined;
  phoneNumberId: string;
}

export const receiveFromMeta = (secrets: MetaSecrets, request: ReceiptRequest): Received<MessageReceipt> => {
  if (request.method === "GET") return handshake(secrets, new URL(request.url).searchParams);
  if (request.method !== "POST") return { refused: 405, reason: "method" };
  const signature = request.headers["x-hub-signature-256"];
  if (signature === undefined) return { refused: 401, reason: "signature_missing" };
  const expected = `sha256=${createHmac("sha256", secrets.appSecret).update(request.body).digest("hex")}`;
  if (!same(signature, expected)) return { refused: 401, reason: "signature" };
  const told = Told.safeParse(json(request.body));
  // signed by Meta and yet of another shape: a field that we did not subscribe to. It would come back for seven days
  if (!told.success) return { receipts: [] };
  const values = told.data.entry.flatMap(({ changes }) => changes.map(({ value }) => value));
  return {
    receipts: values
      .filter(
        ({ metadata }) => metadata?.phone_number_id === undefined || metadata.phone_number_id === secrets.phoneNumberId,
      )
      .flatMap((value) => [...value.statuses.flatMap(stateOf), ...value.messages.flatMap(heardOf)]),
  };
};

/** Meta asks once whether the address is ours, and expects its challenge back. */
const handshake = ({ verifyToken }: MetaSecrets, query: URLSearchParams): Received<MessageReceipt> => {
  if (query.get("hub.mode") !== "subscribe") return { refused: 400, reason: "no_handshake" };
  if (verifyToken === undefined || !same(query.get("hub.verify_token") ?? "", verifyToken))
    return { refused: 401, reason: "verify_token" };
  return { receipts: [], answer: { contentType: "text/plain", body: query.get("hub.challenge") ?? "" } };
};

const same = (given: string, expected: string) => {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
};

const Failure = z.object({
  code: z.number(),
  title: z.string().nullish(),
  error_data: z.object({ details: z.string().nullish() }).nullish(),
});
const Status = z.object({
  id: z.string().min(1),
  status: z.string(),
  timestamp: z.string().regex(/^\d{1,12}$/),
  biz_opaque_callback_data: z.string().nullish(),
  errors: z.array(Failure).nullish(),
});
const Message = z.object({
  from: z.string().regex(/^\d{6,15}$/),
  id: z.string().min(1),
  timestamp: z.string().regex(/^\d{1,12}$/),
  text: z.object({ body: z.string() }).nullish(),
  button: z.object({ text: z.string() }).nullish(),
});
/** A list in which one strange entry does not spoil the others. */
const listOf = <T>(entry: z.ZodType<T>) =>
  z
    .array(z.unknown())
    .nullish()
    .transform((all) => (all ?? []).flatMap((each) => entry.safeParse(each).data ?? []));
const Told = z.object({
  entry: z.array(
    z.object({
      changes: z.array(
        z.object({
          value: z.object({
            metadata: z.object({ phone_number_id: z.string().optional() }).optional(),
            statuses: listOf(Status),
            messages: listOf(Message),
          }),
        }),
      ),
    }),
  ),
});

const states = { sent: "sent", delivered: "delivered", read: "read", played: "read", failed: "failed" } as const;
const isState = (status: string): status is keyof typeof states => Object.hasOwn(states, status);

const stateOf = (status: z.infer<typeof Status>): MessageReceipt[] => {
  if (!isState(status.status)) return [];
  const { id, timestamp, biz_opaque_callback_data: key, errors } = status;
  const failure = errors?.[0];
  const address = failure && metaAddressMeaning(failure.code);
  return [
    {
      what: "state",
      key: `${id}/${status.status}`,
      message: key ? { key } : { reference: id },
      state: states[status.status],
      at: new Date(Number(timestamp) * 1000),
      ...(failure
        ? {
            code: String(failure.code),
            detail: metaCodeInWords(failure.code, failure.error_data?.details ?? failure.title ?? ""),
          }
        : {}),
      ...(address ? { address } : {}),
    },
  ];
};

/** Whatever somebody sends opens the window; only words can ask for something. */
const heardOf = ({ from, id, timestamp, text, button }: z.infer<typeof Message>): MessageReceipt[] => [
  {
    what: "heard",
    key: id,
    from: `+${from}`,
    text: text?.body ?? button?.text ?? "",
    at: new Date(Number(timestamp) * 1000),
  },
];

const json = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};
