/** A message in Slack's Block Kit: at most 50 blocks, 150 characters in a header, 3,000 in a section. */
import type { Rendered } from "./channel.ts";
import { clip } from "./clean-text.ts";

type Block = Record<string, unknown>;

/** In `text` and in links Slack reads only these three: https://docs.slack.dev/messaging/formatting-message-text */
const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const plain = (text: string, longest: number) => ({ type: "plain_text", text: clip(text, longest), emoji: false });
const section = (text: string): Block => ({ type: "section", text: plain(text, 2_900) });
// a button would tell Slack's servers of the click and ask us to answer them; a link only opens
const link = ({ label, url }: { label: string; url: string }) => `<${escaped(url)}|${escaped(label)}>`;

/** `text` is what a notification shows, and who cannot see blocks. What a CRM wrote stands where no markup is read. */
export const slackMessage = (rendered: Rendered): { text: string; blocks: Block[] } | undefined => {
  const text = clip(escaped(rendered.text), 3_500);
  if (rendered.channel === "celebration")
    return { text, blocks: [{ type: "header", text: plain(rendered.title, 150) }, section(rendered.body)] };
  if (rendered.channel !== "slack") return undefined;
  const { title, lines, button, more, footer } = rendered.card;
  return {
    text,
    blocks: [
      { type: "header", text: plain(title, 150) },
      ...lines.map(section),
      { type: "section", text: { type: "mrkdwn", text: `*${link(button)}*` } },
      { type: "section", text: { type: "mrkdwn", text: link(more) } },
      { type: "context", elements: [plain(footer, 1_900)] },
    ],
  };
};
