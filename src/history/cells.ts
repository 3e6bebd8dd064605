/** Cells of an export as values: amounts, moments, yes and no, the way CRMs and spreadsheets write them. */
import { DateTime } from "luxon";
import type { HistoryMap } from "./history-map.ts";

export type Cells = Pick<HistoryMap, "dates" | "decimal"> & {
  /** IANA name: what times without an offset are in. */
  timeZone: string;
};

/** Major units: `62,000.00`, `EUR 62.000,00` with `decimal: comma`. Undefined: not an amount. */
export const amountIn = (text: string, { decimal }: Cells): number | undefined => {
  const bare = text.replace(/^[A-Z]{3}\s*|\s*[A-Z]{3}$|[\s\u00a0'’€$£]/g, "");
  const plain = decimal === "comma" ? bare.replaceAll(".", "").replace(",", ".") : bare.replaceAll(",", "");
  return /^-?\d{1,15}(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
};

export interface Moment {
  /** ISO 8601, UTC. */
  at: string;
  /** The file names a day only. */
  wholeDay: boolean;
}

/** A moment, or what was expected instead. A day without a time counts from its noon, so that no time zone moves it to another day. */
export const momentIn = (text: string, { dates, timeZone }: Cells): Moment | { expected: string } => {
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (iso) return momentOf(iso[1] ?? "", iso[2], iso[3], timeZone);
  const local = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?$/.exec(
    text,
  );
  if (!local) return { expected: "a date and time: 2026-07-03 10:12, or 03/07/2026 with --dates dmy" };
  if (!dates) return { expected: "2026-07-03, or --dates dmy (or mdy) to say which number is the month" };
  const [, first = "", second = "", year = "", hour, minute = "", seconds = "00", half] = local;
  const [day, month] = dates === "dmy" ? [first, second] : [second, first];
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (hour === undefined) return momentOf(date, undefined, undefined, timeZone);
  const hours = half ? (Number(hour) % 12) + (half.toLowerCase() === "pm" ? 12 : 0) : Number(hour);
  return momentOf(date, `${String(hours).padStart(2, "0")}:${minute}:${seconds}`, undefined, timeZone);
};

const momentOf = (
  date: string,
  time: string | undefined,
  offset: string | undefined,
  timeZone: string,
): Moment | { expected: string } => {
  const moment = DateTime.fromISO(`${date}T${time ?? "12:00"}${offset ?? ""}`, { zone: timeZone });
  return moment.isValid
    ? { at: moment.toJSDate().toISOString(), wholeDay: time === undefined }
    : { expected: "a date that exists" };
};

/** Undefined: neither yes nor no. */
export const yesOrNo = (text: string): boolean | undefined => {
  const small = text.toLowerCase();
  if (["true", "yes", "1", "sì", "si", "vero"].includes(small)) return true;
  return ["false", "no", "0", "falso"].includes(small) ? false : undefined;
};
