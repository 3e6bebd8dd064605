/** The languages that explanations are written in. To add one: a file here, and its line below. */
import { IntlMessageFormat } from "intl-messageformat";
import { en, type Texts } from "./en.ts";
import { it } from "./it.ts";

const languages: Readonly<Record<string, Texts>> = { en, it };

/** Codes of the languages we have, the default first. */
export const explainLanguages = Object.keys(languages);

type TextKey = { [K in keyof Texts]: Texts[K] extends string ? K : never }[keyof Texts];

export interface Words {
  language: string;
  texts: Texts;
  say(key: TextKey, values?: Readonly<Record<string, string | number | null>>): string;
}

const compiled = new Map<string, IntlMessageFormat>();

/** `language`: BCP 47; one that we do not have is answered in English. */
export const wordsIn = (language: string): Words => {
  const code = language.slice(0, 2).toLowerCase();
  const [chosen, texts] = Object.hasOwn(languages, code) ? [code, languages[code] ?? en] : ["en", en];
  return {
    language: chosen,
    texts,
    say(key, values = {}) {
      const name = `${chosen} ${key}`;
      let message = compiled.get(name);
      if (!message) {
        message = new IntlMessageFormat(texts[key], chosen, undefined, { ignoreTag: true });
        compiled.set(name, message);
      }
      return String(message.format(values));
    },
  };
};
