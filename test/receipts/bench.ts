/** A whole server with stand-ins for Twilio, Meta and a mail server, and people who win deals: for what comes back from vendors. */
import { createHmac } from "node:crypto";
import twilioSdk from "twilio";
import { type MetaApi, startMetaApi } from "../support/meta-api.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { startTwilioApi, type TwilioApi } from "../support/twilio-api.ts";
import { eventually, PUBLIC_URL, type RunningWorkspace, startWorkspace } from "../support/workspace.ts";

const WEBHOOK_SECRET = `whsec_${Buffer.from("a webhook secret for these tests").toString("base64")}`;

interface Told {
  id: string;
  kind: string;
  channel: string;
  state: string;
  reason: string | null;
  reference: string | null;
}
interface Seen {
  id: string;
  state: string;
  waiting: string | null;
  messages: Told[];
}

export interface ReceiptBench {
  running: RunningWorkspace;
  twilio: TwilioApi;
  meta: MetaApi;
  smtp: SmtpSink;
  /** A deal of this person is won, told over these channels; gives its id. */
  win(channels: "sms" | "whatsapp" | "email", owner: string): Promise<string>;
  grantOf(deal: string): Promise<Seen | undefined>;
  grantWhen(deal: string, what: string, holds: (grant: Seen) => boolean): Promise<Seen>;
  /** Posts a form as Twilio does: signed by Twilio's own SDK, for the address as it is known outside. */
  twilioPosts(
    path: string,
    form: Record<string, string>,
    changes?: { token?: string; signature?: string | null },
  ): Promise<Response>;
  /** Posts a body as Meta does, signed with the app's secret. */
  metaPosts(
    body: unknown,
    changes?: { secret?: string; signature?: string | null; tamper?: boolean },
  ): Promise<Response>;
  close(): Promise<void>;
}

export const APP_SECRET = "an-app-secret-of-these-tests";
export const VERIFY_TOKEN = "a-verify-token-of-these-tests";

const people = (n: number) =>
  Array.from(
    { length: n },
    (_, at) => `  - name: Person ${at}
    email: person${at}@acme.example
    phone: "+39 347 123 4${String(500 + at)}"
    language: ${at % 2 ? "it" : "en"}
    crm: { shop: p${at} }
`,
  ).join("");

/** `email`, `whatsapp`: settings beside the usual ones, as YAML within braces. */
export const startReceiptBench = async (more: { email?: string; whatsapp?: string } = {}): Promise<ReceiptBench> => {
  const [twilio, meta, smtp] = await Promise.all([startTwilioApi(), startMetaApi(), startSmtpSink()]);
  const running = await startWorkspace({
    config: `
workspace: { name: Acme Rewards, currency: EUR, timeZone: Europe/Rome, language: en }
connections:
  shop: { connector: webhook, secret: ${WEBHOOK_SECRET} }
providers:
  points: { provider: points }
channels:
  email: { sender: smtp, host: 127.0.0.1, port: ${smtp.port}, user: ${smtp.user}, password: "${smtp.password}", requireTls: false, from: { name: Acme Rewards, address: rewards@acme.example }${more.email ?? ""} }
  sms: { sender: twilio, accountSid: ${twilio.accountSid}, authToken: ${twilio.authToken}, from: "+15005550006", apiBase: "${twilio.url}" }
  whatsapp: { sender: meta, accessToken: ${meta.accessToken}, phoneNumberId: "${meta.phoneNumberId}", apiBase: "${meta.url}", appSecret: ${APP_SECRET}, verifyToken: ${VERIFY_TOKEN}${more.whatsapp ?? ""} }
people: people.yaml
`,
    rules: {
      "rules.yaml": `
rewards:
  - { id: points, title: { en: Points, it: Punti }, provider: points, value: 30 points }
rules:
  - { id: sms, title: Told by SMS, on: deal.won, where: ['deal.name.startsWith("sms")'], reward: { to: owner, give: points }, notify: [sms, email], from: 2026-01-01 }
  - { id: whatsapp, title: Told on WhatsApp, on: deal.won, where: ['deal.name.startsWith("whatsapp")'], reward: { to: owner, give: points }, notify: [whatsapp, sms], from: 2026-01-01 }
  - { id: email, title: Told by email, on: deal.won, where: ['deal.name.startsWith("email")'], reward: { to: owner, give: points }, notify: [email], from: 2026-01-01 }
`,
    },
    people: `people:\n${people(80)}`,
  });
  let deals = 0;
  const grantOf = (deal: string) =>
    running.server.opened.database.row<Seen>(
      `select g.id, g.state, g.waiting, coalesce((select json_agg(json_build_object('id', n.id, 'kind', n.kind, 'channel', n.channel,
           'state', n.state, 'reason', n.reason, 'reference', n.reference) order by n.created_at, n.id)
         from messages n where n.grant_id = g.id), '[]') as messages
       from grants g join milestones m on m.id = g.milestone_id where m.subject_id = $1`,
      [deal],
    );
  return {
    running,
    twilio,
    meta,
    smtp,
    grantOf,
    async win(channels, owner) {
      const id = String(++deals);
      const body = JSON.stringify({
        type: "deal.won",
        subject: { kind: "deal", id },
        occurredAt: new Date().toISOString(),
        record: { name: `${channels} ${id}`, amount: 9_000, currency: "EUR", owner },
      });
      const request = { method: "POST", url: "", rest: "", body, now: new Date() } as const;
      const headers = standardWebhooks(request, WEBHOOK_SECRET);
      const answer = await fetch(`${running.door}/webhooks/shop`, { method: "POST", headers, body });
      if (!answer.ok) throw new Error(`the webhook was answered ${answer.status}`);
      return id;
    },
    grantWhen: (deal, what, holds) =>
      eventually(`deal ${deal}: ${what}`, async () => {
        const grant = await grantOf(deal);
        return grant && holds(grant) ? grant : undefined;
      }),
    twilioPosts(path, form, { token = twilio.authToken, signature } = {}) {
      const signed =
        signature === undefined ? twilioSdk.getExpectedTwilioSignature(token, PUBLIC_URL + path, form) : signature;
      return fetch(running.door + path, {
        method: "POST",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          ...(signed === null ? {} : { "x-twilio-signature": signed }),
        },
        body: new URLSearchParams(form).toString(),
      });
    },
    metaPosts(body, { secret = APP_SECRET, signature, tamper } = {}) {
      const text = JSON.stringify(body);
      const signed =
        signature === undefined ? `sha256=${createHmac("sha256", secret).update(text).digest("hex")}` : signature;
      return fetch(`${running.door}/receipts/whatsapp`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(signed === null ? {} : { "x-hub-signature-256": signed }) },
        body: tamper ? text.replace("delivered", "delivereD") : text,
      });
    },
    async close() {
      await running.stop();
      await Promise.all([twilio.close(), meta.close(), smtp.close()]);
    },
  };
};
