import { z } from "zod";
import { rejected, retryLater, unknown } from "../../outcome.ts";
import type { Reply } from "./call.ts";

/**
 * What an answer without an order means. Only what Tremendous documents as not processed is a refusal or a wait; the rest is
 * unknown. Status codes: developers.tremendous.com/reference/error-handling and the SDK's own description of `createOrder`.
 */
export const refusal = (reply: Reply, apiKey: string, now: Date) => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Tremendous may have taken the order: ${reply.why}.`)
      : retryLater(5_000, `Tremendous was not reached: ${reply.why}.`);
  const { status } = reply;
  const said = vendorWords(reply.body, apiKey);
  switch (status) {
    case 400:
    case 422:
      // what the admin wrote is at fault, not this recipient or amount: once mended, the order can go on
      return said.fields.length > 0 && said.fields.every((field) => adminFields.test(field))
        ? rejected("configuration", "validation", `Tremendous does not accept ${said.text}`)
        : rejected("permanent", "validation", `Tremendous refused the order as not valid: ${said.text}`);
    case 401:
    case 403:
      return rejected(
        "configuration",
        `http_${status}`,
        `Tremendous did not accept the API key (${status}). Check apiKey, and that it belongs to this environment.`,
      );
    case 402:
      return rejected("funds", "funds", `There is not enough money at Tremendous to pay for this order: ${said.text}`);
    case 404:
      return rejected(
        "configuration",
        "http_404",
        `Tremendous does not know what the order names, or the address itself (404): ${said.text} Check products, campaign, fundingSource and environment.`,
      );
    case 409:
      return unknown(
        "Tremendous already has an order under this key with other content (409). Compare it with the grant in the Tremendous dashboard.",
      );
    case 429:
      return retryLater(waitOf(reply.retryAfter, now), "Tremendous asks for patience (429).");
    default:
      return unknown(`Tremendous answered ${status} without an order that can be read.`);
  }
};

/** One second, as Tremendous advises, unless the answer says longer. Seconds or an HTTP date; at most an hour. */
export const waitOf = (retryAfter: string | undefined, now: Date) => {
  const seconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : Number.NaN;
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter ?? "") - now.getTime() : seconds * 1_000;
  return Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, 1_000), 3_600_000);
};

const adminFields = /^(payment|reward\.(products|campaign_id))(\.|$)/;

const errorAnswer = z.object({
  errors: z.object({ message: z.string().optional(), payload: z.unknown().optional() }),
});

/** The vendor's own reason, with the fields of our request that it names, fit to be stored and shown. */
const vendorWords = (body: unknown, apiKey: string): { text: string; fields: string[] } => {
  const parsed = errorAnswer.safeParse(body);
  if (!parsed.success) return { text: "no reason given.", fields: [] };
  const leaves = leavesOf(parsed.data.errors.payload);
  const words = leaves.map(({ path, text }) => `${path}: ${text}`);
  const text = [parsed.data.errors.message ?? "no reason given.", ...words].join(" ");
  return { text: withoutSecrets(text, apiKey), fields: leaves.map(({ path }) => path) };
};

const leavesOf = (value: unknown, path = "", depth = 0): { path: string; text: string }[] => {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null || depth > 5) return [];
  return Object.entries(value)
    .slice(0, 20)
    .flatMap(([key, inner]) => leavesOf(inner, path === "" ? key : `${path}.${key}`, depth + 1));
};

/** A reason may repeat what we sent: addresses, numbers, links and keys stay out of our rows and logs. */
const withoutSecrets = (text: string, apiKey: string) =>
  text
    .replaceAll(apiKey, "…")
    .replace(/\S+@\S+/g, "…")
    .replace(/https?:\/\/\S+/gi, "…")
    .replace(/\+?\d[\d\s().-]{6,}\d/g, "…")
    .slice(0, 300);
