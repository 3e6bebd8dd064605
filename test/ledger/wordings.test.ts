/** What we say of what waits or was not sent, in every language. */
import { describe, expect, test } from "@jest/globals";
import { inWords, keptWording, quoted, readWording, worded, wording, wordings } from "../../src/wordings.ts";

describe.each(Object.entries(wordings))("%s", (_code, { en, it }) => {
  test("names the same values in both languages, and is not the same words", () => {
    const named = (text: string) => text.match(/\{\w+\}/g)?.sort() ?? [];
    expect(named(it)).toEqual(named(en));
    expect(it).not.toBe(en);
  });
});

test("what a vendor said is quoted as theirs, and kept as they said it", () => {
  const told = quoted("Tremendous", "Insufficient funds");
  expect(told.words).toBe("Insufficient funds");
  const kept = readWording(told.words, JSON.parse(keptWording(told) ?? "null"));
  expect(kept && [inWords(kept), inWords(kept, "it"), inWords(kept, "fr")]).toEqual([
    "Tremendous says: “Insufficient funds”",
    "Tremendous dice: “Insufficient funds”",
    "Tremendous says: “Insufficient funds”",
  ]);
});

test("one in another, several in a row, and money in the reader's way", () => {
  const left = { minor: 123_450, currency: "EUR" };
  const poor = wording("poor", { provider: "cards", left, value: { minor: 5_000, currency: "EUR" } });
  expect(inWords(poor)).toContain("1,234.50 EUR");
  expect(inWords(poor, "it")).toContain("1.234,50 EUR");
  const why = [wording("opted_out", { channel: "sms" }), wording("others_failed")];
  expect(inWords(wording("not_wanted", { why }), "it")).toBe(
    "non comunicato: non vuole messaggi per sms; gli altri canali hanno fallito. Il premio resta sulla sua pagina",
  );
});

test("words that somebody wrote since, or a code of a later version, are left as they are", () => {
  const told = worded(wording("forgotten"));
  const kept = JSON.parse(keptWording(told) ?? "null");
  expect(readWording(told.words, kept)).toEqual(told.wording);
  expect(readWording("something else", kept)).toBeNull();
  expect(readWording("x", { of: "x", wording: { code: "of_a_later_version", values: {} } })).toBeNull();
  expect(readWording("x", null)).toBeNull();
  expect(keptWording({ words: "x", wording: null })).toBeNull();
});
