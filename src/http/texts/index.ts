/** The languages that a recipient can read. To add one: a file here, and its line below. */
import { IntlMessageFormat } from "intl-messageformat";
import { en, type Texts } from "./en.ts";
import { it } from "./it.ts";

const languages: Readonly<Record<string, Texts>> = { en, it };

/** Codes of the languages we have, the default first. */
export const languageCodes = Object.keys(languages);

export type TextKey = Exclude<keyof Texts, "reason" | "disputeErrors">;
export type DisputeErrorKey = keyof Texts["disputeErrors"];
type Values = Record<string, string | number | Date | null | undefined>;

export interface Speaker {
  /** What words, amounts and dates are in: the reader's own locale where we have its language, else English. */
  locale: string;
  say(key: TextKey, values?: Values): string;
  /** Why what a recipient wrote was not sent. */
  disputeError(key: DisputeErrorKey, values: Values): string;
  /** A day, written out. */
  day(date: Date): string;
  /** A time of day. */
  time(date: Date): string;
  /** One sentence for a milestone; the rule's title where we have no sentence for its type. */
  reason(type: string, values: Values): string;
}

const compiled = new Map<string, IntlMessageFormat>();

/** `language`: BCP 47, of any kind. `timeZone`: IANA; an unknown one counts as UTC. */
export const speakerFor = (language: string, timeZone = "UTC"): Speaker => {
  const { locale, texts } = choose(language);
  const zone = isTimeZone(timeZone) ? timeZone : "UTC";
  const format = (text: string, values: Values = {}) => {
    const key = `${locale} ${zone} ${text}`;
    let message = compiled.get(key);
    if (!message) {
      // tags are off: a stranger's text with angle brackets is only text
      const long = { day: "numeric", month: "long", year: "numeric", timeZone: zone } as const;
      message = new IntlMessageFormat(text, locale, { date: { long } }, { ignoreTag: true });
      if (compiled.size > 2_000) compiled.clear();
      compiled.set(key, message);
    }
    return String(message.format(values));
  };
  const reasons: Readonly<Record<string, string>> = texts.reason;
  return {
    locale,
    say: (key, values) => format(texts[key], values),
    disputeError: (key, values) => format(texts.disputeErrors[key], values),
    time: (date) =>
      new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(
        date,
      ),
    day: (date) => format("{date, date, long}", { date }),
    reason: (type, values) => format(Object.hasOwn(reasons, type) ? (reasons[type] ?? "") : texts.reason.other, values),
  };
};

const choose = (language: string): { locale: string; texts: Texts } => {
  try {
    const locale = new Intl.Locale(language.replaceAll("_", "-"));
    const texts = languages[locale.language];
    if (texts) return { locale: locale.toString(), texts };
  } catch {
    // a CRM's language field holds whatever somebody typed
  }
  return { locale: "en", texts: en };
};

const isTimeZone = (name: string) => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
};
