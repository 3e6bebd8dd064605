/** How a file is to be read where its headings or cells are not those of a known export: `--map file.yaml`, `--columns …`. */
import { z } from "zod";
import { recordKinds } from "../events.ts";

export const HistoryMap = z.strictObject({
  kind: z.enum(recordKinds, `one of ${recordKinds.join(", ")}`).optional(),
  /** Heading → meaning; goes before what a known export says. */
  columns: z
    .record(z.string(), z.string().regex(/^[\w][\w.:-]{0,149}$/, "a field name: letters, digits, _ . : -"))
    .default({}),
  /** Stage, as the file has it → what it means. */
  stages: z.record(z.string(), z.enum(["open", "won", "lost"], "open, won or lost")).default({}),
  /** Order of day and month where a date is written with slashes, dots or dashes and the year last. */
  dates: z.enum(["dmy", "mdy"], "dmy or mdy").optional(),
  decimal: z.enum(["point", "comma"], "point or comma").default("point"),
});
export type HistoryMap = z.infer<typeof HistoryMap>;

/** `Amount=amount,Deal owner=owner`; undefined where it is not written like this. */
export const columnsOf = (text: string): Record<string, string> | undefined => {
  const pairs = text.split(",").map((pair) => /^\s*(.+?)\s*=\s*([\w][\w.:-]{0,149})\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
};
