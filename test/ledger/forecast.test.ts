import { expect, test } from "@jest/globals";
import { forecast, forecastInWords, type Pace } from "../../src/ledger/forecast.ts";

const now = new Date("2026-11-25T10:00:00Z");
const days = (n: number) => new Date(now.getTime() + n * 86_400_000);
const pace = (given: Partial<Pace>): Pace => ({
  availableMinor: 100_00,
  recentMinor: 280_00,
  since: days(-100),
  startsAt: null,
  endsAt: null,
  ...given,
});

test.each<[string, Partial<Pace>, string]>([
  ["10 EUR a day over 28 days, 100 EUR left", {}, "at this pace on 5 December"],
  ["spent in 14 days, because it is no older", { since: days(-14), recentMinor: 140_00 }, "at this pace on 5 December"],
  ["the same, because it began then", { startsAt: days(-14), recentMinor: 140_00 }, "at this pace on 5 December"],
  ["it ends before", { endsAt: days(9) }, "not before it ends"],
  ["it ends after", { endsAt: days(11) }, "at this pace on 5 December"],
  ["the other year", { recentMinor: 28_00 }, "at this pace on 5 March 2027"],
  ["too young", { since: days(-2) }, "too little to say"],
  ["nothing spent, without an end", { recentMinor: 0 }, "too little to say"],
  ["nothing spent, with an end", { recentMinor: 0, endsAt: days(50) }, "not before it ends"],
  ["more came back than was spent", { recentMinor: -10, endsAt: days(50) }, "not before it ends"],
  ["nothing left", { availableMinor: 0 }, "empty"],
  ["ended", { endsAt: now }, "ended"],
  ["not begun", { startsAt: days(1) }, "not begun"],
])("%s", (_what, given, words) => {
  expect(forecastInWords(forecast(pace(given), now), now, "Europe/Rome")).toBe(words);
});

test("the day is the workspace's own", () => {
  const late = forecast(pace({ availableMinor: 95_00 }), now); // 2026-12-04 22:00 UTC
  expect(forecastInWords(late, now, "UTC")).toBe("at this pace on 4 December");
  expect(forecastInWords(late, now, "Asia/Tokyo")).toBe("at this pace on 5 December");
});
