/** Parts of a server for tests: data and plain functions, and a log that is kept. */
import { Writable } from "node:stream";
import type { RawRequest } from "../../connectors/connector.ts";
import type { KeptMessage } from "../../src/channels/outbox.ts";
import type { Claim, HttpParts, Unsubscribable } from "../../src/http/parts.ts";
import { createLog } from "../../src/log.ts";
import { createTelemetry } from "../../src/telemetry.ts";

export const aClaim: Claim = {
  language: "en-GB",
  timeZone: "Europe/Rome",
  recipientFirstName: "Giulia",
  title: "A gift card of your choice",
  worth: { minor: 10_000, currency: "EUR" },
  reason: {
    type: "deal.won",
    subjectName: "Rossi",
    isRecipient: false,
    amount: { minor: 6_200_000, currency: "EUR" },
    cycleDays: 41,
  },
  ruleTitle: "Enterprise deal won",
  state: "issued",
  grantedAt: "2026-11-23T09:30:00.000Z",
  expiresAt: "2027-02-21T22:59:59.000Z",
  content: null,
  workspaceName: "Northwind Sales",
  notApproved: null,
  canDispute: { until: "2026-12-23T09:30:00.000Z", missing: true },
  disputes: [],
  why: [
    { text: "deal.amount >= 50000", held: true, saw: "62000" },
    { text: "deal.cycle_days <= 60", held: true, saw: "41" },
  ],
};

const aLink: Unsubscribable = { language: "it", workspaceName: "Northwind Sales", kind: "reward", stopped: false };

export const outboxMessages: KeptMessage[] = [
  {
    id: "3",
    channel: "email",
    to: "giulia@example.com",
    subject: "The Rossi deal is won",
    text: "Giulia, the Rossi deal is won.\nOpen it: http://localhost:3000/me/abc.",
    html: '<!doctype html><html><head><style>p{color:#0b6a57}</style></head><body><p style="font-family:sans-serif">Giulia, the <b>Rossi</b> deal is won. <a href="http://localhost:3000/me/abc">Open your reward</a></p><script>document.body.textContent="script ran"</script></body></html>',
    at: "2026-11-23T09:30:02.000Z",
  },
  {
    id: "2",
    channel: "sms",
    to: "+393331234567",
    subject: null,
    text: "Giulia, la trattativa Rossi è vinta: 62.000 EUR in 41 giorni. Il tuo premio: http://localhost:3000/me/abc <b>",
    html: null,
    at: "2026-11-23T09:30:01.000Z",
  },
  {
    id: "1",
    channel: "whatsapp",
    to: "+447700900123",
    subject: null,
    text: "Sam, the Globex deal is won. Your reward is 50 points.",
    html: null,
    at: "2026-11-23T09:30:00.000Z",
  },
];

export interface TestParts extends HttpParts {
  lines: Record<string, unknown>[];
  requests: { connection: string; request: RawRequest }[];
}

export const testParts = (changes: Partial<HttpParts> = {}): TestParts => {
  const lines: Record<string, unknown>[] = [];
  const requests: TestParts["requests"] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return {
    lines,
    requests,
    publicUrl: "https://accolade.example.com",
    workspaceName: "Northwind Sales",
    log: createLog({ level: "info", format: "json", stream }),
    telemetry: createTelemetry(),
    hasConnection: (connection) => ["hubspot", "salesforce", "broken"].includes(connection),
    async accept(connection, request) {
      requests.push({ connection, request });
      if (connection === "broken") throw new Error("no column giulia@example.com in secret_table");
      const asked = request.headers["x-test"];
      if (asked === "unsigned") return { refused: 401, reason: "signature_missing" };
      if (asked === "hidden") return { refused: 404, reason: "secret_path" };
      if (asked === "garbage") return { refused: 400, reason: "not_json" };
      if (asked === "away") return { away: true };
      if (asked === "ack") return { status: 200, contentType: "text/xml", body: "<Ack>true</Ack>" };
      return { status: 202, contentType: "text/plain", body: "" };
    },
    hasReceiver: () => false,
    receive: async () => ({ refused: 404, reason: "unknown_sender" }),
    ready: async () => ({ ok: true, parts: { database: true, migrations: true, queue: true } }),
    claim: async (token) => (token === "good" ? aClaim : undefined),
    reveal: async (token) =>
      token === "good" ? { ...aClaim, content: { kind: "code", code: "XMAS-7KQ2-9FWD" } } : undefined,
    viewUnsubscribe: async (token) => (token === "good" ? aLink : undefined),
    unsubscribe: async (token, what) => (token === "good" ? { ...aLink, stopped: what !== "again" } : undefined),
    dispute: async (token) => (token === "good" ? { ok: true } : { ok: false, why: "not_found" }),
    person: {
      view: async () => undefined,
      ended: async () => undefined,
      askForPage: async (token) => token === "good",
      redeem: async () => ({ ok: false, why: "not_found" }),
      keep: async () => false,
      addDevice: async () => ({ ok: false, why: "not_found" }),
      forgetDevices: async () => false,
      data: async () => undefined,
      erase: async () => false,
    },
    ...changes,
  };
};
