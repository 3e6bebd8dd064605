import { inWords } from "../../yaml/problem.ts";
import type { Spot } from "../../yaml/yaml-source.ts";
import { closeMatch } from "../close-match.ts";
import type { ShortForm } from "./short-form.ts";

/** What the text at a place means; otherwise a problem there, with right examples, and undefined. */
export const readForm = <T>(spot: Spot, form: ShortForm<T>, given: unknown = spot.value): T | undefined => {
  const value = typeof given === "string" ? form.parse(given.trim()) : undefined;
  if (value === undefined) spot.problem(inWords(given), form.expected + meant(form, given));
  return value;
};

/** The same text with each unknown word replaced by the one that it is near to, where that makes sense. */
const meant = <T>(form: ShortForm<T>, given: unknown): string => {
  if (typeof given !== "string" || given.length > 100) return "";
  const mended = given
    .trim()
    .replaceAll(/[A-Za-z]+/g, (word) =>
      form.words.includes(word) || /^([A-Z]{3}|points?)$/.test(word) ? word : (closeMatch(word, form.words) ?? word),
    );
  const value = mended === given ? undefined : form.parse(mended);
  return value === undefined ? "" : `; did you mean \`${form.print(value)}\`?`;
};
