import { countOf, quoted, type ShortForm } from "./short-form.ts";

const examples = ["80%"];

/** A whole percentage of a budget at which somebody is told, 1 to 100. */
export const alertForm: ShortForm<number> = {
  expected: `how much of the budget is used when somebody is told: ${quoted(["80%", "[50%, 80%]"])}`,
  examples,
  pattern: /^(\d{1,3})%$/,
  words: [],
  parse: (text) => countOf(/^(\d{1,3})%$/.exec(text)?.[1], 100),
  print: (percent) => `${percent}%`,
};
