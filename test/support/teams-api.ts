/** A stand-in for the trigger of a Teams workflow: takes a message with one Adaptive Card, and answers 202 without a word. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

const Line = z.strictObject({
  type: z.literal("RichTextBlock"),
  inlines: z
    .array(
      z.strictObject({
        type: z.literal("TextRun"),
        text: z.string().min(1),
        size: z.enum(["Small", "Default", "Medium", "Large", "ExtraLarge"]).optional(),
        weight: z.enum(["Lighter", "Default", "Bolder"]).optional(),
        isSubtle: z.boolean().optional(),
      }),
    )
    .min(1),
});
// as much of Adaptive Cards 1.4 as we write
const Card = z.strictObject({
  $schema: z.literal("http://adaptivecards.io/schemas/adaptive-card.json"),
  type: z.literal("AdaptiveCard"),
  version: z.literal("1.4"),
  fallbackText: z.string().min(1),
  body: z.array(Line).min(1),
  actions: z
    .array(z.strictObject({ type: z.literal("Action.OpenUrl"), title: z.string().min(1), url: z.url() }))
    .optional(),
});
const Message = z.strictObject({
  type: z.literal("message"),
  recipient: z.email().optional(),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal("application/vnd.microsoft.card.adaptive"),
      contentUrl: z.null(),
      content: Card,
    }),
  ]),
});

export interface TeamsApi extends VendorServer {
  readonly webhook: string;
  readonly messages: z.infer<typeof Message>[];
}

export const startTeamsApi = async (): Promise<TeamsApi> => {
  const signature = randomBytes(16).toString("hex");
  const messages: TeamsApi["messages"] = [];
  const nothing = (status: number, headers: Record<string, string> = {}): Answer => ({
    status,
    body: null,
    text: "",
    headers,
  });
  const handle = (request: IncomingMessage, body: string, mood: Mood): Answer => {
    const { searchParams } = new URL(request.url ?? "", "http://vendor");
    if (mood === "wrongCredentials" || searchParams.get("sig") !== signature) return nothing(401);
    if (mood === "limited") return nothing(429);
    if (mood === "limitedFor7") return nothing(429, { "retry-after": "7" });
    const parsed = Message.safeParse(JSON.parse(body));
    if (mood === "refuseOddly" || !parsed.success) return nothing(400);
    messages.push(parsed.data);
    return nothing(202);
  };
  const server = await startVendor(handle);
  const webhook = `${server.url}/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig=${signature}`;
  return { ...server, webhook, messages };
};
