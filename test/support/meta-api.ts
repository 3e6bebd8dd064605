/** A stand-in for Meta's WhatsApp Cloud API, as its OpenAPI description v23.0 and error tables document it. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

// what the published description requires of a template message, `policy` and `recipient_type` included
const TemplateMessage = z.strictObject({
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.literal("individual"),
  to: z.string().regex(/^\+?[1-9]\d{6,14}$/),
  type: z.literal("template"),
  template: z.strictObject({
    name: z.string().regex(/^[a-z0-9_]+$/),
    language: z.strictObject({
      policy: z.literal("deterministic"),
      code: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/),
    }),
    components: z.array(
      z.strictObject({
        type: z.literal("body"),
        parameters: z.array(
          // no line breaks, tabs or long runs of spaces in a parameter, and not empty
          z.strictObject({
            type: z.literal("text"),
            text: z
              .string()
              .min(1)
              .regex(/^(?!.*(\n|\t| {5}))/s),
          }),
        ),
      }),
    ),
  }),
  biz_opaque_callback_data: z.string().max(512).optional(),
});
type TemplateMessage = z.infer<typeof TemplateMessage>;

export interface MetaApi extends VendorServer {
  readonly phoneNumberId: string;
  readonly accessToken: string;
  readonly messages: TemplateMessage[];
  /** Approved templates, and how many parameters each takes. */
  readonly templates: Map<string, number>;
  readonly businessAccountId: string;
  /** What its list says of a template beside its name and language, where that is not what is approved. */
  readonly listed: Map<string, { status?: string; category?: string; text?: string }>;
}

const errors: Partial<Record<Mood, { status: number; code: number; details: string }>> = {
  badAddress: { status: 400, code: 131026, details: "Message undeliverable to 393331234567." },
  optedOut: { status: 400, code: 131050, details: "Recipient has chosen to stop receiving marketing messages." },
  wrongCredentials: { status: 401, code: 190, details: "Error validating access token" },
  limited: { status: 429, code: 130429, details: "Message failed to send because there were too many messages sent." },
  limitedFor7: { status: 400, code: 131056, details: "Too many messages to the same recipient." },
  refuseOddly: { status: 400, code: 100, details: "Invalid parameter" },
};

export const startMetaApi = async (): Promise<MetaApi> => {
  const phoneNumberId = "106540352242922";
  const businessAccountId = "102290129340398";
  const listed: MetaApi["listed"] = new Map();
  const accessToken = `EAA${randomBytes(20).toString("hex")}`;
  const messages: TemplateMessage[] = [];
  const templates = new Map([
    ["accolade_reward/en", 4],
    ["accolade_reward/it", 4],
  ]);
  const refuse = ({ status, code, details }: { status: number; code: number; details: string }): Answer => ({
    status,
    body: {
      error: {
        message: `(#${code}) ${details}`,
        type: "OAuthException",
        code,
        error_data: { messaging_product: "whatsapp", details },
        fbtrace_id: "Az8or2yhqkZfEZ-_4Qn_Bam",
      },
    },
  });

  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    if (request.headers.authorization !== `Bearer ${accessToken}`)
      return refuse({ status: 401, code: 190, details: "Invalid OAuth access token" });
    const { pathname } = new URL(request.url ?? "", "http://vendor");
    if (request.method === "GET" && pathname === `/v23.0/${phoneNumberId}` && mood === "accept")
      return { status: 200, body: { verified_name: "Example", quality_rating: "GREEN", id: phoneNumberId } };
    if (request.method === "GET" && pathname === `/v23.0/${businessAccountId}/message_templates` && mood === "accept")
      return {
        status: 200,
        body: { data: [...templates].map(([id, parameters]) => listing(id, parameters, listed.get(id))) },
      };
    const error = errors[mood];
    if (error) return { ...refuse(error), ...(mood === "limitedFor7" ? { headers: { "retry-after": "7" } } : {}) };
    if (request.method !== "POST" || pathname !== `/v23.0/${phoneNumberId}/messages`)
      return refuse({ status: 400, code: 33, details: "This object does not exist" });
    if (!request.headers["content-type"]?.startsWith("application/json"))
      return refuse({ status: 400, code: 100, details: "Content-Type" });
    const parsed = TemplateMessage.safeParse(JSON.parse(body));
    if (!parsed.success) return refuse({ status: 400, code: 131009, details: z.prettifyError(parsed.error) });
    const { name, language, components } = parsed.data.template;
    const parameters = templates.get(`${name}/${language.code}`);
    if (parameters === undefined) return refuse({ status: 404, code: 132001, details: "template does not exist" });
    if (parameters !== components[0]?.parameters.length)
      return refuse({ status: 400, code: 132000, details: "number of parameters does not match" });
    messages.push(parsed.data);
    return {
      status: 200,
      body: {
        messaging_product: "whatsapp",
        contacts: [{ input: parsed.data.to, wa_id: parsed.data.to.replace("+", "") }],
        messages: [{ id: `wamid.${randomBytes(16).toString("base64url")}`, message_status: "accepted" }],
      },
    };
  };
  return { ...(await startVendor(handle)), phoneNumberId, accessToken, messages, templates, businessAccountId, listed };
};

/** As Meta's reference shows a template in the list. */
const listing = (id: string, parameters: number, more: { status?: string; category?: string; text?: string } = {}) => {
  const [name, language] = id.split("/");
  const { status = "APPROVED", category = "UTILITY" } = more;
  const text =
    more.text ?? `A message. ${Array.from({ length: parameters }, (_, at) => `{{${at + 1}}}.`).join(" ")} The end.`;
  return { name, language, status, category, components: [{ type: "BODY", text }], id: "1" };
};
