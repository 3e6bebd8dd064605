import { quoted, type ShortForm } from "./short-form.ts";

const examples = ["09:00-18:00", "00:00-12:30"];
const pattern = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** Hours of a day, half-open, as minutes since local midnight. They do not go past midnight. */
export const hoursForm: ShortForm<{ from: number; until: number }> = {
  expected: `hours of one day, the later one behind: ${quoted(examples)}`,
  examples,
  pattern,
  words: [],
  parse(text) {
    const [whole, hour, minute, lastHour = "24", lastMinute = "0"] = pattern.exec(text) ?? [];
    const from = Number(hour) * 60 + Number(minute);
    const until = Number(lastHour) * 60 + Number(lastMinute);
    return whole !== undefined && from < until ? { from, until } : undefined;
  },
  print: ({ from, until }) => `${clock(from)}-${clock(until)}`,
};

const clock = (minutes: number) =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
