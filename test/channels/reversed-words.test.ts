/** The words about rewards that were undone: each sentence stands in each language, with its sum and its reason. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { IntlMessageFormat } from "intl-messageformat";
import { parse } from "yaml";

const read = (language: string) =>
  parse(readFileSync(new URL(`../../templates/reversed/${language}.yaml`, import.meta.url), "utf8")) as {
    [line: string]: string;
  } & { sms: string[]; whatsapp: { body: string; variables: string[] } };
const words = { en: read("en"), it: read("it") };
const languages = ["en", "it"] as const;
const facts = {
  naming: "named",
  name: "Rossi",
  prize: "a 50 EUR gift card",
  sum: "20 EUR",
  given: "the deal was lost",
  hasReason: "yes",
  workspace: "Acme",
  link: "https://x.example/me/1",
};

test("both languages say the same things", () => {
  expect(Object.keys(words.it)).toEqual(Object.keys(words.en));
  expect(words.it.sms).toHaveLength(words.en.sms.length);
});

describe.each(languages)("%s", (language) => {
  const say = (text: string, reversal: string) => {
    const format = new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
    const values = { ...facts, reversal, news: "NEWS", because: "BECAUSE", opening: "OPENING" };
    return String(format.format(values));
  };
  const { sms, whatsapp, ...lines } = words[language];

  test.each(["taken_back", "owes", "paid_debt"])("%s: every sentence is whole", (reversal) => {
    const said = [...Object.values(lines), ...sms, ...whatsapp.variables].map((text) => say(String(text), reversal));
    for (const text of said) expect(text).toMatch(/\S/);
    expect(said.join(" ")).not.toMatch(/[{}]|undefined/);
    const news = say(lines.news ?? "", reversal);
    expect(news.includes("20 EUR")).toBe(reversal !== "taken_back");
    expect(say(lines.because ?? "", reversal)).toContain("the deal was lost");
  });
});
