/** Meta's WhatsApp Cloud API: template messages. The request is shaped by Meta's own OpenAPI description, v23.0. */
import { z } from "zod";
import { type Check, rejected } from "../outcome.ts";
import type { ReceiptRequest } from "../receipt.ts";
import { VendorAddress } from "../vendor-address.ts";
import { callVendor, type Reply } from "./call.ts";
import { defineSender, noticeKinds, type SendRequest } from "./channel.ts";
import { metaOutcome } from "./meta-outcome.ts";
import { receiveFromMeta } from "./meta-receipts.ts";
import { metaTemplateChecks, templatesAddress } from "./meta-templates.ts";
import { isDelivered, registered, registryCheck } from "./whatsapp-registry.ts";

const Template = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_]{1,512}$/, "expected lower-case letters, digits and underscores")
    .describe("Name of the approved template"),
  language: z.string().min(2).describe("Its language code at Meta: en, en_US, it"),
  ...registered,
});
const templatesFor = (kind: string) => {
  const name = `accolade_${kind}`;
  const category = "utility";
  return [kind, { en: { name, language: "en", category }, it: { name, language: "it", category } }];
};
const Settings = z.strictObject({
  accessToken: z.string().min(1).describe("Token of a system user, with whatsapp_business_messaging"),
  phoneNumberId: z
    .string()
    .regex(/^\d+$/, "expected digits: the id, not the number")
    .describe("Phone number ID, from WhatsApp Manager"),
  version: z
    .string()
    .regex(/^v\d+\.\d+$/, "expected a version such as v23.0")
    .default("v23.0")
    .describe("Version of the Graph API"),
  templates: z
    .record(z.string(), z.record(z.string(), Template))
    .default(Object.fromEntries(["reward", ...noticeKinds].map(templatesFor)))
    .describe(
      "Approved templates, by ours (`reward`, `declined`, `expired`, `reversed`, `ready`, `unavailable`, `page`) and by language; default accolade_reward and so on, in en and it",
    ),
  appSecret: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Secret of the app, under App settings, Basic: Meta signs its receipts with it. Without it none are taken",
    ),
  verifyToken: z
    .string()
    .min(16)
    .optional()
    .describe("A random text of yours, entered with the webhook's address in the app's WhatsApp configuration"),
  businessAccountId: z
    .string()
    .regex(/^\d+$/, "expected digits")
    .optional()
    .describe("WhatsApp Business Account ID: with it, doctor compares the templates with those that Meta has"),
  optIn: z
    .enum(["required", "assumed"])
    .default("assumed")
    .describe("`required`: only people whose agreement is kept here are written to; `assumed`: you answer for it"),
  apiBase: VendorAddress.default("https://graph.facebook.com").describe("Base URL of the API"),
  timeoutMs: z
    .number()
    .int()
    .positive()
    .max(75_000)
    .default(30_000)
    .describe("Longest wait for an answer, in milliseconds"),
});

export const meta = defineSender({
  id: "meta",
  label: "WhatsApp Cloud API (Meta)",
  carries: ["whatsapp"],
  settings: Settings,
  secrets: ["accessToken", "appSecret", "verifyToken"],
  open(settings, _channel, { now, publicUrl, whatsappWords }) {
    const { timeoutMs, appSecret, verifyToken, phoneNumberId, businessAccountId, optIn } = settings;
    const graph = `${settings.apiBase.replace(/\/+$/, "")}/${settings.version}`;
    const account = `${graph}/${phoneNumberId}`;
    const headers = { authorization: `Bearer ${settings.accessToken}`, accept: "application/json" };
    return {
      async send(request) {
        const { rendered } = request;
        if (rendered.channel !== "whatsapp")
          return rejected("permanent", "not_carried", `Meta does not carry ${rendered.channel}`);
        const template = settings.templates[rendered.template]?.[rendered.language];
        if (!template)
          return rejected(
            "configuration",
            "no_template",
            `no template "${rendered.template}" in ${rendered.language}: add templates.${rendered.template}.${rendered.language}`,
          );
        if (!isDelivered(template.category, request.to))
          return rejected(
            "permanent",
            "marketing_us",
            `Meta does not deliver marketing templates to +1: ${template.name}`,
          );
        const body = JSON.stringify(templateMessage(request.key, request.to, template, rendered.variables));
        const sending = { url: `${account}/messages`, method: "POST", body, timeoutMs, now } as const;
        return metaOutcome(
          await callVendor({ ...sending, headers: { ...headers, "content-type": "application/json" } }),
        );
      },
      async check() {
        const url = `${account}?fields=verified_name,quality_rating`;
        const ask = (address: string) => callVendor({ url: address, method: "GET", headers, timeoutMs, now });
        const known = credentials(await ask(url));
        if (!known.ok) return [known];
        const templates =
          businessAccountId === undefined
            ? []
            : metaTemplateChecks(
                settings.templates,
                whatsappWords,
                await ask(templatesAddress(graph, businessAccountId)),
              );
        const detail =
          appSecret === undefined ? "not taken: they need appSecret" : `taken at ${publicUrl}/receipts/whatsapp`;
        const receipts: Check = { ok: true, what: "WhatsApp receipts", detail };
        return [
          known,
          receipts,
          ...(whatsappWords ? [registryCheck(settings.templates, whatsappWords)] : []),
          ...templates,
        ];
      },
      optIn,
      registry: settings.templates,
      ...(appSecret === undefined
        ? {}
        : {
            receive: async (request: ReceiptRequest) =>
              receiveFromMeta({ appSecret, verifyToken, phoneNumberId }, request),
          }),
    };
  },
});

const templateMessage = (
  key: string,
  to: SendRequest["to"],
  template: z.infer<typeof Template>,
  variables: string[],
) => ({
  messaging_product: "whatsapp",
  recipient_type: "individual",
  to: to.replace(/\D/g, ""),
  type: "template",
  template: {
    name: template.name,
    language: { policy: "deterministic", code: template.language },
    components: [{ type: "body", parameters: variables.map((text) => ({ type: "text", text })) }],
  },
  // comes back in every receipt, so that one proves a message whose answer was lost
  biz_opaque_callback_data: key,
});

const credentials = (reply: Reply): Check => {
  const what = "WhatsApp Cloud API";
  if (reply.status === 200) return { ok: true, what };
  const refused = reply.status === 400 || reply.status === 401 || reply.status === 403 || reply.status === 404;
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  const todo = refused
    ? "check phoneNumberId, and make a new token of a system user with whatsapp_business_messaging on this account"
    : "check that this machine may reach graph.facebook.com over HTTPS, then try again";
  return { ok: false, what, found, todo };
};
