/** When quiet hours end: by the clock on the wall, through both changes of it. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { DateTime } from "luxon";
import { endOfQuiet, zoneOf } from "../../src/people/quiet-hours.ts";

const night = { from: "20:00", until: "09:00" };
const end = (at: string, hours = night, zone = "Europe/Rome") => endOfQuiet(hours, zone, new Date(at)).toISOString();

test("by day nobody waits; at night until nine, in the person's own zone", () => {
  expect(end("2026-11-20T10:00:00Z")).toBe("2026-11-20T10:00:00.000Z");
  expect(end("2026-11-20T18:59:59Z")).toBe("2026-11-20T18:59:59.000Z");
  expect(end("2026-11-20T19:00:00Z")).toBe("2026-11-21T08:00:00.000Z");
  expect(end("2026-11-21T07:59:30Z")).toBe("2026-11-21T08:00:00.000Z");
  expect(end("2026-11-21T08:00:00Z")).toBe("2026-11-21T08:00:00.000Z");
  expect(end("2026-11-20T10:00:00Z", night, "America/New_York")).toBe("2026-11-20T14:00:00.000Z");
  expect(end("2026-11-20T03:30:00Z", night, "Asia/Kathmandu")).toBe("2026-11-20T03:30:00.000Z");
  expect(end("2026-11-20T12:30:00Z", { from: "13:00", until: "14:00" })).toBe("2026-11-20T13:00:00.000Z");
});

test.each([
  // the clock is put forward in the night: nine is nine, an hour earlier than the day before
  ["2026-03-28T19:30:00Z", night, "2026-03-29T07:00:00.000Z"],
  // the end lies in the hour that does not exist: when it would have begun
  ["2026-03-29T00:10:00Z", { from: "20:00", until: "02:30" }, "2026-03-29T01:00:00.000Z"],
  ["2026-03-29T00:10:00Z", { from: "20:00", until: "02:00" }, "2026-03-29T01:00:00.000Z"],
  // so does the beginning: quiet from the first moment after it
  ["2026-03-29T01:00:00Z", { from: "02:30", until: "06:00" }, "2026-03-29T04:00:00.000Z"],
  // the clock is put back: nine is nine, an hour later
  ["2026-10-24T19:30:00Z", night, "2026-10-25T08:00:00.000Z"],
  // the end exists twice: the first time ends it, and before the second it is quiet once more
  ["2026-10-24T22:00:00Z", { from: "20:00", until: "02:30" }, "2026-10-25T00:30:00.000Z"],
  ["2026-10-25T00:45:00Z", { from: "20:00", until: "02:30" }, "2026-10-25T00:45:00.000Z"],
  ["2026-10-25T01:10:00Z", { from: "20:00", until: "02:30" }, "2026-10-25T01:30:00.000Z"],
])("at the change of the clock: from %s, %j, until %s", (at, hours, until) => {
  expect(end(at, hours)).toBe(until);
});

test("it is the first moment that the clock on the wall does not call quiet, in every zone", () => {
  const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
  const written = ([hour, minute]: [number, number]) =>
    `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  fc.assert(
    fc.property(
      time,
      time,
      fc.constantFrom(
        "Europe/Rome",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "UTC",
        "America/Santiago",
      ),
      fc.constantFrom(
        "2026-03-28T12:00:00Z",
        "2026-10-24T12:00:00Z",
        "2026-04-04T06:00:00Z",
        "2026-10-03T06:00:00Z",
        "2026-03-08T00:00:00Z",
      ),
      fc.integer({ min: 0, max: 36 * 60 }),
      (from, until, zone, base, minutes) => {
        fc.pre(written(from) !== written(until));
        const at = Date.parse(base) + minutes * 60_000;
        const [begins, ends] = [from[0] * 60 + from[1], until[0] * 60 + until[1]];
        const quiet = (ms: number) => {
          const { hour, minute } = DateTime.fromMillis(ms, { zone });
          const wall = hour * 60 + minute;
          return begins < ends ? wall >= begins && wall < ends : wall >= begins || wall < ends;
        };
        let expected = at;
        while (quiet(expected)) expected += 60_000;
        expect(endOfQuiet({ from: written(from), until: written(until) }, zone, new Date(at)).getTime()).toBe(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("what is no time zone is the workspace's", () => {
  expect(zoneOf("Roma", "Europe/Rome")).toBe("Europe/Rome");
  expect(zoneOf("Asia/Tokyo", "Europe/Rome")).toBe("Asia/Tokyo");
  expect(zoneOf(null, "UTC")).toBe("UTC");
});
