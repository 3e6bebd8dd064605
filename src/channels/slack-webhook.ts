/** A celebration in a Slack channel, through an incoming webhook. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import { z } from "zod";
import { type Check, rejected, unknown } from "../outcome.ts";
import { type Reply, unexplained } from "./call.ts";
import { defineSender, type SendOutcome } from "./channel.ts";
import { AllowPrivate, notOutside, postOutside, webhookIsPublic } from "./post-outside.ts";
import { slackMessage } from "./slack-blocks.ts";

const Settings = z
  .strictObject({
    webhook: z.url().describe("URL of the incoming webhook: whoever has it can post"),
    allowPrivate: AllowPrivate,
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(75_000)
      .default(20_000)
      .describe("Longest wait for an answer, in milliseconds"),
  })
  .superRefine(webhookIsPublic);

export const slackWebhook = defineSender({
  id: "slack-webhook",
  label: "Slack channel (incoming webhook)",
  carries: ["celebration"],
  settings: Settings,
  secrets: ["webhook"],
  // about one a second, https://docs.slack.dev/apis/web-api/rate-limits
  rate: { most: 1, perSecond: 1, text: "1 per second" },
  open({ webhook, allowPrivate, timeoutMs }, _channel, { now }) {
    const post = (content: unknown) => postOutside({ url: webhook, content, timeoutMs, allowPrivate, now });
    return {
      async send({ key, rendered }) {
        const message = rendered.channel === "celebration" ? slackMessage(rendered) : undefined;
        if (!message) return rejected("permanent", "not_carried", `a Slack channel does not carry ${rendered.channel}`);
        const reply = await post(message);
        return "refused" in reply ? notOutside("Slack", reply.refused) : outcomeOf(reply, key);
      },
      async check() {
        // a message without a text is refused, and one to a webhook that is not there is refused otherwise
        return [reachable(await post({}))];
      },
    };
  },
});

/** The webhook gives back no reference. Its errors are words in the body. */
const outcomeOf = (reply: Reply, key: string): SendOutcome => {
  if (reply.status === "none" || reply.status === 429 || reply.status >= 500) return unexplained("Slack", reply);
  if (reply.status === 200)
    return reply.text.trim() === "ok" ? { outcome: "accepted", reference: key } : unknown("Slack did not answer ok");
  const code = /^[a-z_]{3,60}$/.exec(reply.text.trim())?.[0] ?? String(reply.status);
  const detail = `the Slack webhook answered ${reply.status} (${code})`;
  if (reply.status === 400) return rejected("permanent", code, detail);
  return rejected("configuration", code, `${detail}: make a new one, or take the channel out of its archive`);
};

const reachable = (reply: Reply | { refused: string }): Check => {
  const what = "Slack webhook";
  if ("refused" in reply)
    return { ok: false, what, found: reply.refused, todo: "enter an address of the public web, or allowPrivate: true" };
  if (reply.status === 400) return { ok: true, what };
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  const todo = "make a new incoming webhook for the channel, and enter its URL";
  return { ok: false, what, found, todo };
};
