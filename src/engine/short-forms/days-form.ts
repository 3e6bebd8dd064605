import { quoted, type ShortForm } from "./short-form.ts";

const names: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const day = names.join("|");
const examples = ["mon-fri", "sat"];
const pattern = new RegExp(`^(${day})(?:-(${day}))?$`);

/** Days of the week, one or from one to another: ISO numbers, 1 is Monday. `sat-mon` goes over the end of the week. */
export const daysForm: ShortForm<{ first: number; last: number }> = {
  expected: `days of the week: ${quoted(["mon-fri", "sat", "[mon, wed, fri]"])}`,
  examples,
  pattern,
  words: names,
  parse(text) {
    const [, first, last = first] = pattern.exec(text) ?? [];
    if (first === undefined || last === undefined) return undefined;
    return { first: numberOf(first), last: numberOf(last) };
  },
  print: ({ first, last }) => (first === last ? nameOf(first) : `${nameOf(first)}-${nameOf(last)}`),
};

const numberOf = (name: string) => names.indexOf(name) + 1;
const nameOf = (number: number) => names[number - 1] ?? "";

/** Every day from the first to the last, ascending. */
export const daysBetween = ({ first, last }: { first: number; last: number }): number[] =>
  names
    .map((_, index) => index + 1)
    .filter((each) => (first <= last ? each >= first && each <= last : each >= first || each <= last));
