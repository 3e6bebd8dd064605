import { quoted, type ShortForm } from "./short-form.ts";

const examples = ["70%", "12.5%"];
const pattern = /^(\d{1,3})(?:\.(\d{1,2}))?%$/;

/** A share above 0% and up to 100%, in hundredths of a percent: `70%` is 7,000. */
export const percentForm: ShortForm<number> = {
  expected: `a share in percent, such as ${quoted(examples)}`,
  examples,
  pattern,
  words: [],
  parse(text) {
    const [whole, units, decimals = ""] = pattern.exec(text) ?? [];
    const basisPoints = Number(`${units}${decimals.padEnd(2, "0")}`);
    return whole !== undefined && basisPoints > 0 && basisPoints <= 10_000 ? basisPoints : undefined;
  },
  print: (basisPoints) => `${basisPoints / 100}%`,
};
