import type { Hold } from "../rule-book.ts";
import { countOf, quoted, type ShortForm } from "./short-form.ts";

const units = ["hours", "days", "weeks", "months"] as const;
const conditions = ["won", "open", "subscribed"] as const;
const windowText = "until the window ends";
const examples = ["14 days while won", "48 hours", windowText];

/** How long a reward waits: `14 days while won`, `48 hours`, `until the window ends`. */
export const holdForm: ShortForm<Omit<Hold, "text">> = {
  expected: `how long the reward waits: ${quoted(examples)}`,
  examples,
  pattern: new RegExp(`^(?:${windowText}|\\d{1,4} (?:hour|day|week|month)s?(?: while (?:${conditions.join("|")}))?)$`),
  words: [...units, "hour", "day", "week", "month", "while", ...conditions, ...windowText.split(" ")],
  parse(text) {
    if (text === windowText) return { for: "window", while: null };
    const [, digits, unit = "", condition] = /^(\d{1,4}) (\w+?)s?(?: while (\w+))?$/.exec(text) ?? [];
    const count = countOf(digits, 9_999);
    const plural = units.find((each) => each === `${unit}s`);
    const held = conditions.find((each) => each === condition) ?? null;
    if (count === undefined || !plural || (condition !== undefined && held === null)) return undefined;
    return { for: { count, unit: plural }, while: held };
  },
  print({ for: how, while: held }) {
    if (how === "window") return windowText;
    return `${how.count} ${how.count === 1 ? how.unit.slice(0, -1) : how.unit}${held ? ` while ${held}` : ""}`;
  },
};
