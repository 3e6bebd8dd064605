/** A direct message in Slack, by a bot that finds the person by their email address. https://docs.slack.dev/reference/methods/chat.postMessage */
import { z } from "zod";
import { type Check, rejected } from "../outcome.ts";
import { VendorAddress } from "../vendor-address.ts";
import { callVendor, type Reply } from "./call.ts";
import { defineSender } from "./channel.ts";
import { slackMessage } from "./slack-blocks.ts";
import { slackAnswer, slackOutcome } from "./slack-outcome.ts";

const Settings = z.strictObject({
  botToken: z
    .string()
    .regex(/^xoxb-/, "expected a bot token, which begins with xoxb-")
    .describe("Bot token of your Slack app, with chat:write and users:read.email"),
  apiBase: VendorAddress.default("https://slack.com/api").describe("Base URL of the API"),
  timeoutMs: z
    .number()
    .int()
    .positive()
    .max(35_000)
    .default(20_000)
    .describe("Longest wait for an answer, in milliseconds"),
});

/** How many people's ids are remembered, so that each is looked up once. */
const MOST_KNOWN = 5_000;

export const slack = defineSender({
  id: "slack",
  label: "Slack",
  carries: ["slack"],
  settings: Settings,
  secrets: ["botToken"],
  open({ botToken, apiBase, timeoutMs }, _channel, { now }) {
    const base = apiBase.replace(/\/+$/, "");
    const headers = { authorization: `Bearer ${botToken}`, accept: "application/json" };
    const post = (method: string, content: unknown): Promise<Reply> =>
      callVendor({
        url: `${base}/${method}`,
        method: "POST",
        headers: { ...headers, "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify(content),
        timeoutMs,
        now,
      });
    const known = new Map<string, string>();
    return {
      async send({ to, rendered }) {
        const message = rendered.channel === "slack" ? slackMessage(rendered) : undefined;
        if (!message) return rejected("permanent", "not_carried", `Slack does not carry ${rendered.channel} here`);
        let member = known.get(to);
        if (member === undefined) {
          const url = `${base}/users.lookupByEmail?${new URLSearchParams({ email: to })}`;
          const found = await callVendor({ url, method: "GET", headers, timeoutMs, now });
          member = slackAnswer(found)?.user?.id;
          if (member === undefined) return slackOutcome(found, { asked: "lookup" });
          if (known.size >= MOST_KNOWN) known.clear();
          known.set(to, member);
        }
        // no preview of the link: Slack would open it to make one
        const content = { channel: member, ...message, unfurl_links: false, unfurl_media: false };
        const outcome = slackOutcome(await post("chat.postMessage", content), { asked: "post" });
        if (outcome.outcome === "rejected" && outcome.kind === "badAddress") known.delete(to);
        return outcome;
      },
      async check() {
        return [credentials(await post("auth.test", {}))];
      },
    };
  },
});

const credentials = (reply: Reply): Check => {
  const what = "Slack";
  const answer = slackAnswer(reply);
  if (answer?.ok) return { ok: true, what, ...(answer.team ? { detail: `workspace ${answer.team}` } : {}) };
  if (answer?.error)
    return {
      ok: false,
      what,
      found: `refused (${answer.error})`,
      todo: "copy the Bot User OAuth Token of your Slack app, install the app again after a change of scopes, and check that it has chat:write and users:read.email",
    };
  const found = reply.status === "none" ? reply.why : `an answer of ${reply.status}`;
  return { ok: false, what, found, todo: "check that this machine may reach slack.com over HTTPS, then try again" };
};
