/** One posted event on each line, in the shape that other systems post: docs/connect-webhook.md. */

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { BadLine, ReadPosted, ToldEvent } from "./told.ts";

/** Events and bad lines in the order of the file. Empty lines are left out. */
export async function* readJsonl(input: Readable, read: ReadPosted): AsyncGenerator<ToldEvent[] | BadLine> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const bare = text.replace(/^\uFEFF/, "").trim();
    if (bare === "") continue;
    const item = parsed(bare);
    if (item === undefined) {
      yield { line, found: "text that is no JSON", expected: "one event as JSON on one line" };
      continue;
    }
    const told = read(item);
    yield "event" in told
      ? [told.event]
      : { line, found: `${told.bad.place}: ${told.bad.found}`, expected: told.bad.expected };
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
