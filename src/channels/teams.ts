/**
 * Microsoft Teams, through a workflow that begins with "When a Teams webhook request is received": it posts the card it is
 * given into a channel, or, as the Flow bot, to the `recipient` that stands beside it.
 * https://learn.microsoft.com/power-automate/overview-adaptive-cards
 */
import { z } from "zod";
import { rejected } from "../outcome.ts";
import { type Reply, unexplained } from "./call.ts";
import { defineSender, type Rendered, type SendOutcome } from "./channel.ts";
import { AllowPrivate, notOutside, postOutside, webhookIsPublic } from "./post-outside.ts";

const Settings = z
  .strictObject({
    webhook: z.url().describe("URL of the workflow's trigger: whoever has it can post"),
    allowPrivate: AllowPrivate,
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(75_000)
      .default(30_000)
      .describe("Longest wait for an answer, in milliseconds"),
  })
  .superRefine(webhookIsPublic);

export const teams = defineSender({
  id: "teams",
  label: "Microsoft Teams (Workflows)",
  carries: ["teams", "celebration"],
  settings: Settings,
  secrets: ["webhook"],
  open({ webhook, allowPrivate, timeoutMs }, channel, { now }) {
    return {
      async send({ key, to, rendered }) {
        const card = rendered.channel === channel ? cardOf(rendered) : undefined;
        if (!card) return rejected("permanent", "not_carried", `this workflow does not carry ${rendered.channel}`);
        const content = {
          type: "message",
          ...(rendered.channel === "teams" ? { recipient: to } : {}),
          attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card }],
        };
        const reply = await postOutside({ url: webhook, content, timeoutMs, allowPrivate, now });
        return "refused" in reply ? notOutside("Teams", reply.refused) : outcomeOf(reply, key);
      },
      // whoever asks a workflow starts it
      check: async () => [
        { ok: true, what: "Teams workflow", detail: "is asked only when there is something to post" },
      ],
    };
  },
});

const cardOf = (rendered: Rendered) => {
  const around = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
  };
  if (rendered.channel === "celebration")
    return { ...around, fallbackText: rendered.text, body: [line(rendered.title, heading), line(rendered.body)] };
  if (rendered.channel !== "teams") return undefined;
  const { title, lines, button, more, footer } = rendered.card;
  return {
    ...around,
    fallbackText: rendered.text,
    body: [line(title, heading), ...lines.map((each) => line(each)), line(footer, { isSubtle: true, size: "Small" })],
    actions: [button, more].map(({ label, url }) => ({ type: "Action.OpenUrl", title: label, url })),
  };
};

const heading = { size: "Large", weight: "Bolder" };
/** A run of text, and no TextBlock, which would read Markdown into what a CRM wrote. */
const line = (text: string, look: Record<string, unknown> = {}) => ({
  type: "RichTextBlock",
  inlines: [{ type: "TextRun", text, ...look }],
});

/** A workflow answers 202 once it has begun, and gives no reference. */
const outcomeOf = (reply: Reply, key: string): SendOutcome => {
  if (reply.status === "none" || reply.status === 429 || reply.status >= 500) return unexplained("Teams", reply);
  if (reply.status >= 200 && reply.status < 300) return { outcome: "accepted", reference: key };
  const code = String(reply.status);
  const detail = `the Teams workflow answered ${code}`;
  if ([401, 403, 404, 410].includes(reply.status))
    return rejected("configuration", code, `${detail}: it was switched off or deleted, or its URL is another one now`);
  return rejected("permanent", code, detail);
};
