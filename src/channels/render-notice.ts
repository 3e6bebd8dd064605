/** Puts the words of a notice together, around the sentences that a reward's words make. Pure. */
import type { ChannelName, NoticeKind, Rendered } from "./channel.ts";
import { clean, clip, sentenceCase } from "./clean-text.ts";
import type { NoticeWords } from "./notice-words.ts";
import {
  cardMessage,
  fillIn,
  isolated,
  oneClickLink,
  pushMessage,
  smsText,
  unbroken,
  unsubscribeLines,
  whatsApp,
} from "./render-parts.ts";
import type { Values } from "./word-file.ts";

interface Around {
  kind: NoticeKind;
  channel: ChannelName;
  layout: string;
  words: NoticeWords;
}

export interface Told {
  /** What a person gave as the reason; empty where there is none. */
  given: string;
  /** As it is written in the reader's region; null where it cannot be disputed. */
  disputableUntil: string | null;
  link: string;
  /** What happened to a reward that is not due any more, and the sum that is owed or was paid; empty in other notices. */
  reversal: string;
  sum: string;
  /** The words of the link that stops such mails, and where it leads; empty where there is none. */
  unsubscribe: { unsubscribe: string; unsubscribeLink: string };
}

/** `tell`: what the reward's words say of it, with names of at most so many characters. */
export const renderNotice = (
  { kind, channel, layout, words }: Around,
  told: Told,
  tell: (longest: number) => Values,
): Rendered => {
  const { lines } = words;
  const say = (longest: number, longestReason: number): Values => {
    // a full stop of the admin's own would stand before ours
    const given = clip(told.given.replace(/[.\s]+$/, ""), longestReason);
    const facts: Values = {
      ...tell(longest),
      given,
      hasReason: given === "" ? "no" : "yes",
      disputable: told.disputableUntil === null ? "no" : "yes",
      until: told.disputableUntil ?? "",
      reversal: told.reversal,
      sum: told.sum,
    };
    const news = sentenceCase(lines.news(facts), words.language);
    return { ...facts, news, because: lines.because(facts), next: lines.next(facts) };
  };
  if (channel === "sms") return { channel, text: smsText(words.sms, (longest) => say(longest, 100)) };
  if (channel === "whatsapp") return whatsApp(kind, words, say(60, 60));
  const said = say(120, 1_000);
  const subject = clip(clean(lines.subject(said)), 150);
  const whyLink = `${told.link}#${kind === "page" ? "settings" : "why"}`;
  const text = (name: keyof typeof lines) => clean(lines[name](said));
  const headline = sentenceCase(lines.headline(said), words.language);
  if (channel === "push")
    return pushMessage({ title: subject, body: String(said.news), url: told.link, language: words.language });
  if (channel === "slack" || channel === "teams")
    return cardMessage(channel, {
      title: `${headline}.`,
      lines: [String(said.news), String(said.because), String(said.next)],
      button: { label: text("button"), url: told.link },
      more: { label: `${text("why")}:`, url: whyLink },
      footer: text("footer"),
    });
  const values: Record<string, string> = {
    language: words.language,
    subject,
    preheader: String(said.news),
    workspace: String(said.workspace),
    opening: unbroken(headline, said),
    news: unbroken(String(said.news), said),
    because: String(said.because),
    next: String(said.next),
    link: told.link,
    whyLink,
    button: text("button"),
    why: text("why"),
    copy: text("copy"),
    footer: text("footer"),
    ...told.unsubscribe,
  };
  const html = fillIn(layout, values, said);
  const plain = [
    `${headline}.`,
    `${said.news}`,
    ...(said.because ? ["", `${said.because}`] : []),
    "",
    `${said.next}`,
    `${values.button}: ${told.link}`,
    "",
    `${values.why}:`,
    whyLink,
    "",
    "-- ",
    values.footer ?? "",
    ...unsubscribeLines(told.unsubscribe),
    "",
  ].join("\n");
  const unsubscribeUrl = told.unsubscribe.unsubscribeLink;
  return { channel: "email", subject, html, text: isolated(plain, said), ...oneClickLink({ unsubscribeUrl }) };
};
