/** A stand-in for Slack: the three methods of its Web API that we call, and an incoming webhook. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

const Plain = z.strictObject({
  type: z.literal("plain_text"),
  text: z.string().min(1).max(3000),
  emoji: z.boolean().optional(),
});
// Block Kit as documented: the limits of each block, and 50 blocks at most
const Block = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("header"), text: Plain.extend({ text: z.string().min(1).max(150) }) }),
  z.strictObject({
    type: z.literal("section"),
    text: z.union([Plain, z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(3000) })]),
  }),
  z.strictObject({ type: z.literal("context"), elements: z.array(Plain).min(1).max(10) }),
]);
const Message = z.strictObject({ text: z.string().min(1).max(40_000), blocks: z.array(Block).min(1).max(50) });
const Posted = Message.extend({
  channel: z.string().regex(/^U[A-Z0-9]+$/),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

export interface SlackApi extends VendorServer {
  readonly botToken: string;
  /** Where the incoming webhook is. */
  readonly webhook: string;
  readonly members: Map<string, string>;
  readonly messages: (z.infer<typeof Message> & { channel?: string })[];
}

export const startSlackApi = async (): Promise<SlackApi> => {
  const botToken = `xoxb-${randomBytes(12).toString("hex")}`;
  const path = `/services/T000/B000/${randomBytes(12).toString("hex")}`;
  const members = new Map([["giulia.rossi@example.org", "U0GIULIA"]]);
  const messages: SlackApi["messages"] = [];
  const no = (error: string): Answer => ({ status: 200, body: { ok: false, error }, taken: false });
  const words = (status: number, text: string): Answer => ({
    status,
    body: null,
    text,
    headers: { "content-type": "text/plain" },
  });
  const patience = (mood: Mood): Answer => ({
    status: 429,
    body: { ok: false, error: "ratelimited" },
    headers: { "retry-after": mood === "limitedFor7" ? "7" : "30" },
  });

  const webhook = (body: string, mood: Mood): Answer => {
    if (mood === "wrongCredentials") return words(404, "no_service");
    if (mood === "limited" || mood === "limitedFor7") return patience(mood);
    const parsed = Message.safeParse(JSON.parse(body));
    if (mood === "refuseOddly" || !parsed.success) return words(400, "invalid_payload");
    messages.push(parsed.data);
    return words(200, "ok");
  };

  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://vendor");
    if (pathname.startsWith("/services/")) return pathname === path ? webhook(body, mood) : words(404, "no_service");
    if (mood === "wrongCredentials" || request.headers.authorization !== `Bearer ${botToken}`)
      return no("invalid_auth");
    if (pathname === "/api/auth.test")
      return { status: 200, body: { ok: true, team: "Example", user_id: "U0BOT" }, taken: false };
    if (pathname === "/api/users.lookupByEmail") {
      const id = members.get(searchParams.get("email") ?? "");
      return id === undefined || mood === "badAddress"
        ? no("users_not_found")
        : { status: 200, body: { ok: true, user: { id } } };
    }
    if (pathname !== "/api/chat.postMessage") return no("unknown_method");
    if (mood === "limited" || mood === "limitedFor7") return patience(mood);
    if (mood === "badAddress") return no("channel_not_found");
    const parsed = Posted.safeParse(JSON.parse(body));
    if (mood === "refuseOddly" || !parsed.success) return no("invalid_blocks");
    messages.push(parsed.data);
    return { status: 200, body: { ok: true, channel: "D0GIULIA", ts: `1732350600.${messages.length}` } };
  };
  const server = await startVendor(handle);
  return { ...server, url: `${server.url}/api`, webhook: server.url + path, botToken, members, messages };
};
