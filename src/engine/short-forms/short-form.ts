import { periods } from "../../windows.ts";

/** A value that an admin writes as a few words. */
export interface ShortForm<T> {
  /** Right examples, as they stand behind "expected" in a problem. */
  readonly expected: string;
  /** For the reference page and for editors. */
  readonly examples: readonly string[];
  /** What a text looks like. `parse` may still refuse it: a currency that nobody knows, a count of zero. */
  readonly pattern: RegExp;
  /** Every word of the form, for suggestions. */
  readonly words: readonly string[];
  parse(text: string): T | undefined;
  /** The inverse of `parse`: the one spelling of a value. */
  print(value: T): string;
}

/** Pieces of patterns. */
export const moneyPattern = "\\d{1,12}(?:\\.\\d{1,4})? ?(?:points?|[A-Z]{3})";
export const periodPattern = periods.join("|");

/** `` `a`, `b` or `c` `` */
export const quoted = (texts: readonly string[]): string => {
  const all = texts.map((text) => `\`${text}\``);
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} or ${last}`;
};

/** A whole number from 1 to `most`; anything else: undefined. */
export const countOf = (digits: string | undefined, most: number): number | undefined => {
  const count = Number(digits);
  return digits !== undefined && Number.isInteger(count) && count >= 1 && count <= most ? count : undefined;
};
