/** Puts the words of a reward together for one recipient and channel. Pure: no files, no clock, no network. */
import type { ChannelName, NoticeKind, Rendered } from "./channel.ts";
import { clean, clip } from "./clean-text.ts";
import type { CelebrationMessage, NoticeMessage, RewardMessage } from "./messages.ts";
import { renderNotice, type Told } from "./render-notice.ts";
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
import type { Templates } from "./templates.ts";
import { day, factsOf, money, teller } from "./told-facts.ts";
import type { Values } from "./word-file.ts";
import type { Words } from "./words.ts";

export interface Renderer {
  /** The language that a person with this preference is written to: theirs, else the workspace's, else English. */
  languageFor(preferred: string | null): string;
  renderReward(channel: ChannelName, language: string | null, data: RewardMessage): Rendered;
  /** What a whole team may read of it. */
  renderCelebration(language: string | null, data: CelebrationMessage): Rendered & { channel: "celebration" };
  renderNotice(kind: NoticeKind, channel: ChannelName, language: string | null, data: NoticeMessage): Rendered;
}

export const createRenderer = (templates: Templates, workspaceLanguage: string): Renderer => {
  const choose = <Kept>(all: ReadonlyMap<string, Kept>, preferred: string | null): Kept => {
    for (const language of [preferred, workspaceLanguage, "en"]) {
      const words = language && find(all, language);
      if (words) return words;
    }
    throw new Error("templates without English words: loadTemplates refuses them");
  };
  const wordsFor = (preferred: string | null): Words => choose(templates.words, preferred);
  return {
    languageFor: (preferred) => wordsFor(preferred).language,
    renderReward(channel, language, data) {
      const words = wordsFor(language);
      const tell = teller(words, localeOf(language, words), data, [words.language, workspaceLanguage, "en"]);
      if (channel === "sms") return { channel, text: smsText(words.sms, tell) };
      if (channel === "whatsapp") return whatsApp("reward", words, tell(80));
      if (channel !== "email") return inParts(channel, words, tell(120), data);
      return email(templates.layout, words, tell(120), data);
    },
    renderCelebration(language, data) {
      const words = choose(templates.celebrations, language);
      const rewardWords = choose(templates.words, words.language);
      const facts = factsOf(rewardWords, localeOf(language, rewardWords), data, [
        words.language,
        workspaceLanguage,
        "en",
      ]);
      const moment = words.moments.get(data.what.kind) ?? words.other;
      const person = clip(clean(data.person ?? ""), 80);
      const team = clip(clean(data.team ?? ""), 60);
      const shown = person !== "";
      const title = words.who({ shown: shown ? "yes" : "no", person, team, hasTeam: team === "" ? "no" : "yes" });
      const said = facts(80);
      const body = unbroken(shown ? moment.shown(said) : moment.private({}), { ...said, value: "" });
      return { channel: "celebration", title, body, text: `${title}: ${body}` };
    },
    renderNotice(kind, channel, language, data) {
      const notice = choose(templates.notices[kind], language);
      // the sentence about the milestone is the reward's: in the same language, or the notice would speak two
      const words = choose(templates.words, notice.language);
      const locale = localeOf(language, words);
      const tell = teller(words, locale, data, [words.language, workspaceLanguage, "en"]);
      const told: Told = {
        given: clean(data.given ?? ""),
        disputableUntil: data.disputableUntil === null ? null : day(data.disputableUntil, locale),
        link: data.claimUrl,
        reversal: data.reversal ?? "",
        sum: data.sum === null ? "" : money(words, locale, data.sum),
        unsubscribe: unsubscribeOf(words, data),
      };
      return renderNotice({ kind, channel, layout: templates.noticeLayout, words: notice }, told, tell);
    },
  };
};

/** Numbers and dates as the reader's own region writes them, where the words are in their language. */
const localeOf = (preferred: string | null, words: Words): string => {
  try {
    const locale = new Intl.Locale((preferred ?? "").replace("_", "-"));
    return locale.language === new Intl.Locale(words.language).language ? locale.toString() : words.language;
  } catch {
    return words.language;
  }
};

const find = <Kept>(words: ReadonlyMap<string, Kept>, language: string): Kept | undefined => {
  const tag = language.replace("_", "-").toLowerCase();
  const names = [...words.keys()];
  const name =
    names.find((each) => each.toLowerCase() === tag) ??
    names.find((each) => each.toLowerCase() === tag.split("-")[0]) ??
    names.find((each) => each.toLowerCase().split("-")[0] === tag.split("-")[0]);
  return name === undefined ? undefined : words.get(name);
};

/** For channels that lay a message out themselves. */
const inParts = (channel: "slack" | "teams" | "push", words: Words, said: Values, data: RewardMessage): Rendered => {
  const { lines } = words;
  if (channel === "push")
    return pushMessage({
      title: String(said.subject),
      body: String(said.worth),
      url: data.claimUrl,
      language: words.language,
    });
  return cardMessage(channel, {
    title: `${said.opening}.`,
    lines: [String(said.worth), ...(said.until ? [lines.expires(said)] : []), lines.because(said)],
    button: { label: lines.button(said), url: data.claimUrl },
    more: { label: lines.why(said), url: `${data.claimUrl}#why` },
    footer: lines.footer(said),
  });
};

const email = (layout: string, words: Words, said: Values, data: RewardMessage): Rendered => {
  const { lines } = words;
  const subject = clip(clean(String(said.subject)), 150);
  const expires = said.until ? lines.expires(said) : "";
  const whyLink = `${data.claimUrl}#why`;
  const stop = unsubscribeOf(words, data);
  const values: Record<string, string> = {
    language: words.language,
    subject,
    preheader: lines.preheader(said),
    workspace: String(said.workspace),
    opening: unbroken(String(said.opening), said),
    worth: unbroken(String(said.worth), said),
    prize: unbroken(String(said.prize), said),
    value: unbroken(String(said.value), said),
    link: data.claimUrl,
    whyLink,
    expires,
    button: lines.button(said),
    because: lines.because(said),
    why: lines.why(said),
    copy: lines.copy(said),
    scan: words.scan(said),
    footer: lines.footer(said),
    ...stop,
  };
  const html = fillIn(layout, values, said);
  const text = [
    `${said.opening}.`,
    `${said.worth}`,
    "",
    `${said.open}: ${data.claimUrl}`,
    ...(expires ? [expires] : []),
    "",
    `${values.why} ${values.because}`,
    whyLink,
    "",
    "-- ",
    values.footer ?? "",
    ...unsubscribeLines(stop),
    "",
  ].join("\n");
  return { channel: "email", subject, html, text: isolated(text, said), link: data.claimUrl, ...oneClickLink(data) };
};

/** The words of the link that stops such mails, and where it leads; empty where a mail has none. */
const unsubscribeOf = (words: Words, { unsubscribeUrl }: RewardMessage) =>
  unsubscribeUrl ? { unsubscribe: words.unsubscribe({}), unsubscribeLink: unsubscribeUrl } : noUnsubscribe;
const noUnsubscribe = { unsubscribe: "", unsubscribeLink: "" };
