/** Twilio's Messages API, for SMS and for WhatsApp. https://www.twilio.com/docs/messaging/api/message-resource */
import { z } from "zod";
import { type Check, rejected } from "../outcome.ts";
import type { ReceiptRequest } from "../receipt.ts";
import { VendorAddress } from "../vendor-address.ts";
import { callVendor, type Reply } from "./call.ts";
import { type Carried, defineSender, type SendRequest } from "./channel.ts";
import { reachableFromOutside } from "./public-host.ts";
import { twilioOutcome } from "./twilio-outcome.ts";
import { receiveFromTwilio, statusCallback } from "./twilio-receipts.ts";
import { isDelivered } from "./whatsapp-registry.ts";

const Settings = z
  .strictObject({
    accountSid: z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/, "expected AC and 32 hexadecimal digits")
      .describe("Account SID, from the Twilio console's first page"),
    authToken: z
      .string()
      .min(1)
      .optional()
      .describe("Auth token, beside the account SID. Twilio signs its receipts with it, also where an API key sends"),
    previousAuthToken: z.string().min(1).optional().describe("The auth token before, while it is being rotated"),
    apiKeySid: z
      .string()
      .regex(/^SK[0-9a-fA-F]{32}$/, "expected SK and 32 hexadecimal digits")
      .optional()
      .describe("API key SID, to send with instead of the auth token"),
    apiKeySecret: z.string().min(1).optional().describe("Secret of that API key"),
    from: z.string().min(1).optional().describe("Number in E.164, or an alphanumeric sender for SMS"),
    messagingServiceSid: z
      .string()
      .regex(/^MG[0-9a-fA-F]{32}$/, "expected MG and 32 hexadecimal digits")
      .optional()
      .describe("Messaging Service, instead of `from`"),
    templates: z
      .record(
        z.string(),
        z.record(z.string(), z.string().regex(/^HX[0-9a-fA-F]{32}$/, "expected HX and 32 hexadecimal digits")),
      )
      .default({})
      .describe(
        "WhatsApp only: content SIDs by template (`reward`, `declined`, `expired`, `reversed`, `ready`, `unavailable`, `page`) and language, `reward: { en: HX…, it: HX… }`",
      ),
    optIn: z
      .enum(["required", "assumed"])
      .default("assumed")
      .describe(
        "WhatsApp only. `required`: only people whose agreement is kept here are written to; `assumed`: you answer for it",
      ),
    marketing: z
      .array(z.string())
      .default([])
      .describe("WhatsApp only: which of `templates` Meta approved as marketing, which it does not deliver to +1"),
    apiBase: VendorAddress.default("https://api.twilio.com").describe("Base URL of the API"),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(75_000)
      .default(30_000)
      .describe("Longest wait for an answer, in milliseconds"),
  })
  .refine(
    (settings) =>
      settings.authToken !== undefined || (settings.apiKeySid !== undefined && settings.apiKeySecret !== undefined),
    {
      message: "expected authToken, or apiKeySid with apiKeySecret",
      path: ["authToken"],
    },
  )
  .refine((settings) => (settings.from === undefined) !== (settings.messagingServiceSid === undefined), {
    message: "expected either from or messagingServiceSid",
    path: ["from"],
  });
type Settings = z.infer<typeof Settings>;

export const twilio = defineSender({
  id: "twilio",
  label: "Twilio",
  carries: ["sms", "whatsapp"],
  settings: Settings,
  secrets: ["authToken", "previousAuthToken", "apiKeySecret"],
  open(settings, channel, { now, publicUrl }) {
    const { accountSid, apiKeySid, apiKeySecret, authToken, timeoutMs } = settings;
    const url = `${settings.apiBase.replace(/\/+$/, "")}/2010-04-01/Accounts/${accountSid}/Messages.json`;
    const login = apiKeySid && apiKeySecret ? `${apiKeySid}:${apiKeySecret}` : `${accountSid}:${authToken}`;
    const headers = {
      authorization: `Basic ${Buffer.from(login).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    };
    const authTokens = [authToken, settings.previousAuthToken].filter((token) => token !== undefined);
    // Twilio refuses a message whose callback it cannot reach
    const receiptsUrl =
      authToken !== undefined && reachableFromOutside(publicUrl) ? `${publicUrl}/receipts/${channel}` : undefined;
    return {
      async send(request) {
        const form = messageForm(settings, request);
        if (!form) return missingTemplate(request);
        if (isMarketing(settings, request) && !isDelivered("marketing", request.to))
          return rejected("permanent", "marketing_us", "Meta does not deliver marketing templates to +1");
        const asked =
          receiptsUrl === undefined ? form : { ...form, StatusCallback: statusCallback(receiptsUrl, request.key) };
        const body = new URLSearchParams(asked).toString();
        return twilioOutcome(await callVendor({ url, method: "POST", headers, body, timeoutMs, now }));
      },
      async check() {
        // a list of one: reading it needs the same permission as sending, and an API key may not read the account
        const reply = await callVendor({ url: `${url}?PageSize=1`, method: "GET", headers, timeoutMs, now });
        return [credentials(reply), heardBack(receiptsUrl), ...templates(settings, channel)];
      },
      ...(channel === "whatsapp" ? { optIn: settings.optIn } : {}),
      ...(authToken === undefined
        ? {}
        : { receive: async (request: ReceiptRequest) => receiveFromTwilio({ authTokens }, request, now()) }),
    };
  },
});

/** The form's fields; undefined where there is no approved template for this message's language. */
const messageForm = (settings: Settings, { to, rendered }: SendRequest): Record<string, string> | undefined => {
  if (rendered.channel !== "sms" && rendered.channel !== "whatsapp") return undefined;
  const whatsapp = rendered.channel === "whatsapp";
  const address = (number: string) => (whatsapp ? `whatsapp:${number.replace(/^whatsapp:/, "")}` : number);
  const sender: Record<string, string> =
    settings.from !== undefined
      ? { From: address(settings.from) }
      : { MessagingServiceSid: settings.messagingServiceSid ?? "" };
  if (!whatsapp) return { To: to, ...sender, Body: rendered.text };
  const contentSid = settings.templates[rendered.template]?.[rendered.language];
  if (contentSid === undefined) return undefined;
  // no Body beside it: outside the 24-hour window that is error 63016
  const variables = Object.fromEntries(rendered.variables.map((value, index) => [String(index + 1), value]));
  return { To: address(to), ...sender, ContentSid: contentSid, ContentVariables: JSON.stringify(variables) };
};

const isMarketing = ({ marketing }: Settings, { rendered }: SendRequest) =>
  rendered.channel === "whatsapp" && marketing.includes(rendered.template);

const missingTemplate = ({ rendered }: SendRequest) =>
  rendered.channel === "whatsapp"
    ? rejected(
        "configuration",
        "no_template",
        `no content SID for the template "${rendered.template}" in ${rendered.language}: add templates.${rendered.template}.${rendered.language}`,
      )
    : rejected("permanent", "not_carried", `Twilio does not carry ${rendered.channel}`);

const credentials = (reply: Reply): Check => {
  const what = "Twilio credentials";
  if (reply.status === 200) return { ok: true, what };
  if (reply.status === 401 || reply.status === 403)
    return {
      ok: false,
      what,
      found: `refused (${reply.status})`,
      todo: "copy account SID and auth token from the Twilio console; a rotated token must be changed here too",
    };
  if (reply.status === 404)
    return {
      ok: false,
      what,
      found: "no such account (404)",
      todo: "check accountSid: it is the one of the account or subaccount that owns the number",
    };
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  return {
    ok: false,
    what,
    found,
    todo: "check that this machine may reach api.twilio.com over HTTPS, then try again",
  };
};

const heardBack = (receiptsUrl: string | undefined): Check => {
  const what = "Twilio receipts";
  if (receiptsUrl !== undefined) return { ok: true, what, detail: `asked for with each message, at ${receiptsUrl}` };
  return { ok: true, what, detail: "not asked for: they need authToken, and a PUBLIC_URL that Twilio can reach" };
};

const templates = (settings: Settings, channel: Carried): Check[] => {
  if (channel !== "whatsapp") return [];
  const languages = Object.keys(settings.templates.reward ?? {});
  const what = "Twilio WhatsApp templates";
  if (languages.length > 0) return [{ ok: true, what, detail: languages.join(", ") }];
  return [
    {
      ok: false,
      what,
      found: "none",
      todo: "have the texts of docs/channels.md approved and enter their content SIDs under templates.reward",
    },
  ];
};
