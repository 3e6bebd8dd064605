/** What a message can name, made of what is to be told. Pure. */
import { formatMoney, type Money, moneyFromMajor, POINTS } from "../money.ts";
import { clean, clip, sentenceCase, usableFirstName } from "./clean-text.ts";
import type { RewardMessage } from "./messages.ts";
import type { Values } from "./word-file.ts";
import type { Words } from "./words.ts";

type About = Pick<RewardMessage, "what" | "ruleTitle" | "workspaceName">;

/** What happened, with names no longer than so many characters. */
export const factsOf =
  (words: Words, locale: string, { what, ruleTitle, workspaceName }: About, languages: readonly string[]) =>
  (longest: number): Values => {
    const name = clip(clean(what.subjectName ?? ""), longest);
    const amount = what.amount ? money(words, locale, moneyFromMajor(what.amount.value, what.amount.currency)) : "";
    const days = what.cycleDays ?? -1;
    const says = words.alreadySays.some((each) => hasWord(name, each, words.language));
    return {
      name,
      naming: name === "" ? "none" : says ? "plain" : "named",
      self: what.isRecipient ? "yes" : "no",
      amount,
      days: Math.max(days, 0),
      facts: amount && days >= 0 ? "both" : amount ? "amount" : days >= 0 ? "days" : "none",
      rule: clip(clean(inLanguage(ruleTitle, languages)), longest),
      workspace: clip(clean(workspaceName), longest),
    };
  };

/** Everything that a message can name, with names no longer than `longest` characters. */
export const teller =
  (words: Words, locale: string, data: RewardMessage, languages: readonly string[]) =>
  (longest: number): Values => {
    const { what, value } = data;
    const firstName = usableFirstName(data.firstName);
    const worth = money(words, locale, value);
    const title = clip(data.rewardTitle ? clean(inLanguage(data.rewardTitle, languages)) : "", longest);
    const facts: Values = {
      ...factsOf(words, locale, data, languages)(longest),
      firstName: clip(firstName, longest),
      value: worth,
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

export const money = (words: Words, locale: string, amount: Money | undefined): string => {
  if (!amount) return "";
  if (amount.currency === POINTS)
    return words.points({
      n: amount.minor,
      count: new Intl.NumberFormat(locale, { useGrouping: true }).format(amount.minor),
    });
  return formatMoney(amount, locale);
};

export const day = (date: string, locale: string): string =>
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
