/** Puts the words of a reward together for one recipient and channel. Pure: no files, no clock, no network. */
import { formatMoney, type Money, moneyFromMajor, POINTS } from "../money.ts";
import type { ChannelName, NoticeKind, Rendered } from "./channel.ts";
import { clean, clip, sentenceCase, usableFirstName } from "./clean-text.ts";
import { renderNotice, type Told } from "./render-notice.ts";
import { fillIn, isolated, oneClickLink, smsText, unbroken, unsubscribeLines, whatsApp } from "./render-parts.ts";
import type { Templates } from "./templates.ts";
import type { Values } from "./word-file.ts";
import type { Words } from "./words.ts";

/** What a message tells. There is no place for a gift code: a message carries the claim link only. */
export interface RewardMessage {
  /** Null where unknown: the message then begins without a name. */
  firstName: string | null;
  what: {
    /** The milestone type: `deal.won`, `contact.subscribed`, … */
    kind: string;
    /** The deal's or contact's name; null where unknown. */
    subjectName: string | null;
    /** The recipient is the one the milestone is about: "thank you for subscribing", not "Anna has subscribed". */
    isRecipient: boolean;
    /** Major units of an ISO 4217 currency. */
    amount?: { value: number; currency: string } | null;
    /** Whole days from creation to won. */
    cycleDays?: number | null;
  };
  /** By language, as in the rule book. */
  ruleTitle: Readonly<Record<string, string>>;
  /** By language; null where the reward has none: "a 100 EUR gift card". */
  rewardTitle: Readonly<Record<string, string>> | null;
  value: Money;
  /** Absolute. Never shortened. */
  claimUrl: string;
  workspaceName: string;
  /** The last day on which the link works, YYYY-MM-DD. */
  expiresOn?: string | null;
  /** Absolute: where mails of this kind are stopped. Only mails name it. */
  unsubscribeUrl?: string | null;
}

/** A message about a reward that is not given. The link leads to the page where its recipient can say so, for nothing else. */
export interface NoticeMessage extends RewardMessage {
  /** What a person gave as the reason; null where there is none. */
  given: string | null;
  /** The last day on which it can be disputed, YYYY-MM-DD; null where it cannot. */
  disputableUntil: string | null;
  /** Of a reward that is not due any more, or that paid for one: what happened. Null in other notices. */
  reversal: "taken_back" | "owes" | "paid_debt" | null;
  /** What is owed, or what of it paid a debt. */
  sum: Money | null;
}

export interface Renderer {
  /** The language that a person with this preference is written to: theirs, else the workspace's, else English. */
  languageFor(preferred: string | null): string;
  renderReward(channel: ChannelName, language: string | null, data: RewardMessage): Rendered;
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
      return email(templates.layout, words, tell(120), data);
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

/** Everything that a message can name, with names no longer than `longest` characters. */
const teller =
  (words: Words, locale: string, data: RewardMessage, languages: readonly string[]) =>
  (longest: number): Values => {
    const { what, value } = data;
    const name = clip(clean(what.subjectName ?? ""), longest);
    const firstName = usableFirstName(data.firstName);
    const amount = what.amount ? money(words, locale, moneyFromMajor(what.amount.value, what.amount.currency)) : "";
    const days = what.cycleDays ?? -1;
    const worth = money(words, locale, value);
    const title = clip(data.rewardTitle ? clean(inLanguage(data.rewardTitle, languages)) : "", longest);
    const says = words.alreadySays.some((each) => hasWord(name, each, words.language));
    const facts: Values = {
      firstName: clip(firstName, longest),
      name,
      naming: name === "" ? "none" : says ? "plain" : "named",
      self: what.isRecipient ? "yes" : "no",
      amount,
      days: Math.max(days, 0),
      facts: amount && days >= 0 ? "both" : amount ? "amount" : days >= 0 ? "days" : "none",
      rule: clip(clean(inLanguage(data.ruleTitle, languages)), longest),
      value: worth,
      workspace: clip(clean(data.workspaceName), longest),
    };
    const moment = words.moments.get(what.kind) ?? words.other;
    const reason = moment.reason(facts);
    const opening = words.lines.opening({ ...facts, who: firstName ? "named" : "nobody", reason });
    const untitled = value.currency === POINTS ? "points" : "card";
    const prizeKind = title === "" ? untitled : title.includes(worth) ? "title" : "both";
    const prizeFacts = { ...facts, title, prizeKind, an: startsWithVowelSound(worth) ? "yes" : "no" };
    const prize = words.lines.prize(prizeFacts);
    const soFar: Values = {
      ...prizeFacts,
      prize,
      worth: words.lines.worth({ ...prizeFacts, prize }),
      opening: sentenceCase(opening, words.language),
      statement: sentenceCase(reason, words.language),
      until: data.expiresOn ? day(data.expiresOn, locale) : "",
      link: data.claimUrl,
    };
    return { ...soFar, open: words.lines.open({ ...soFar, open: "" }), subject: moment.subject(facts) };
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
  return { channel: "email", subject, html, text: isolated(text, said), ...oneClickLink(data) };
};

/** The words of the link that stops such mails, and where it leads; empty where a mail has none. */
const unsubscribeOf = (words: Words, { unsubscribeUrl }: RewardMessage) =>
  unsubscribeUrl ? { unsubscribe: words.unsubscribe({}), unsubscribeLink: unsubscribeUrl } : noUnsubscribe;
const noUnsubscribe = { unsubscribe: "", unsubscribeLink: "" };

const money = (words: Words, locale: string, amount: Money | undefined): string => {
  if (!amount) return "";
  if (amount.currency === POINTS)
    return words.points({
      n: amount.minor,
      count: new Intl.NumberFormat(locale, { useGrouping: true }).format(amount.minor),
    });
  return formatMoney(amount, locale);
};

const day = (date: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));

const inLanguage = (titles: Readonly<Record<string, string>>, languages: readonly string[]): string => {
  for (const language of languages) {
    const title = titles[language] ?? titles[language.split("-")[0] ?? ""];
    if (title) return title;
  }
  return Object.values(titles)[0] ?? "";
};

const hasWord = (name: string, word: string, language: string): boolean => {
  const words = new Intl.Segmenter(language, { granularity: "word" }).segment(name.toLocaleLowerCase(language));
  return [...words].some(({ segment }) => segment === word.toLocaleLowerCase(language));
};

/** English only: an 8 EUR, an 11 EUR, an 18,000 EUR, an 80 EUR gift card. Other languages do not look at it. */
const startsWithVowelSound = (amount: string): boolean => /^8|^1[18](?!\d)/.test(amount);
