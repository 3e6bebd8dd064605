/** The channels room: what carries a message, and what it says. To add a sender: a file here, and a line in this list. */
import { amazonSns } from "./amazon-sns.ts";
import type { Carried, Sender, SenderKind, SenderSurroundings } from "./channel.ts";
import { meta } from "./meta.ts";
import { outbox } from "./outbox.ts";
import { slack } from "./slack.ts";
import { slackWebhook } from "./slack-webhook.ts";
import { smtp } from "./smtp.ts";
import { teams } from "./teams.ts";
import { twilio } from "./twilio.ts";
import { vonage } from "./vonage.ts";
import { webPush } from "./web-push.ts";

export type {
  Carried,
  ChannelName,
  Rendered,
  Sender,
  SenderKind,
  SenderSurroundings,
} from "./channel.ts";
export { channelNames } from "./channel.ts";
export type { NoticeMessage, RewardMessage } from "./messages.ts";
export type { Renderer } from "./render.ts";
export { createRenderer } from "./render.ts";
export { loadTemplates, whatsappWordsOf } from "./templates.ts";
export { registryProblems } from "./whatsapp-registry.ts";
export type { TemplateProblem } from "./word-file.ts";

export const senders: readonly SenderKind[] = [
  smtp,
  twilio,
  vonage,
  amazonSns,
  meta,
  slack,
  slackWebhook,
  teams,
  webPush,
  outbox,
];

/** The kind that `sender: <id>` in accolade.yaml names. */
export const senderById = (id: string): SenderKind | undefined => senders.find((kind) => kind.id === id);

export type OpenedSender =
  | { ok: true; kind: SenderKind; sender: Sender }
  /** `path` is below the channel's entry in accolade.yaml. The message says what was expected, never a value. */
  | { ok: false; problems: { path: string; message: string }[] };

/** Checks `settings` (the channel's entry in accolade.yaml without its `sender:` key) and opens the sender. Calls nobody. */
export const openSender = (
  kindId: string,
  settings: unknown,
  channel: Carried,
  around: SenderSurroundings,
): OpenedSender => {
  const kind = senderById(kindId);
  if (!kind?.carries.includes(channel)) {
    const known = senders.filter((each) => each.carries.includes(channel)).map((each) => each.id);
    const found = kind ? `${kind.label} does not carry ${channel}` : "Unknown sender";
    return { ok: false, problems: [{ path: "sender", message: `${found}: expected one of ${known.join(", ")}` }] };
  }
  const parsed = kind.settings.safeParse(settings);
  if (parsed.success) return { ok: true, kind, sender: kind.open(parsed.data, channel, around) };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })),
  };
};
