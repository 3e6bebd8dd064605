/** What doctor says: one line for each thing that it looked at. */
import type { Check } from "../outcome.ts";
import { redactText } from "../redact.ts";

export type Line =
  | { status: "ok"; what: string; found?: string }
  | { status: "bad"; what: string; found: string; todo: string }
  /** Not looked at, or nothing to look at: `found` says why. */
  | { status: "skipped"; what: string; found: string; todo?: string };

export interface Section {
  title: string;
  lines: Line[];
}

export const ok = (what: string, found?: string): Line => ({
  status: "ok",
  what,
  ...(found === undefined ? {} : { found }),
});
export const bad = (what: string, found: string, todo: string): Line => ({ status: "bad", what, found, todo });
export const skipped = (what: string, found: string, todo?: string): Line => ({
  status: "skipped",
  what,
  found,
  ...(todo === undefined ? {} : { todo }),
});

/** What a connection, provider or sender said of itself, under its name in accolade.yaml. */
export const lineOf = (name: string, check: Check): Line => {
  const what = `${name}: ${check.what}`;
  return check.ok ? ok(what, check.detail) : bad(what, check.found, check.todo);
};

const LONGEST_MS = 10_000;

/** The lines of `look`, or one that says why there are none: a part that fails or hangs never stops the others. */
export const lookedAt = async (what: string, look: () => Promise<Line[]>): Promise<Line[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Line[]>((resolve) => {
    const todo = "Check that it runs and that this machine reaches it, then run doctor again.";
    timer = setTimeout(() => resolve([bad(what, `no answer within ${LONGEST_MS / 1000} s`, todo)]), LONGEST_MS);
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    return [bad(what, reasonOf(error), "This is not expected: run doctor again, and report it if it stays.")];
  } finally {
    clearTimeout(timer);
  }
};

/** The first line of what an error says, and its code where it says nothing. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "an error";
  const [first = ""] = error.message.split("\n");
  if (first !== "") return redactText(first);
  return "code" in error ? String(error.code) : error.name;
};

const marks = { ok: "ok", bad: "!!", skipped: "--" } as const;

/** As it is printed, without any of `secrets`. */
export const sectionText = ({ title, lines }: Section): string =>
  [
    title,
    ...lines.flatMap((line) => [
      `  ${marks[line.status]}  ${line.what}${line.found === undefined ? "" : `: ${line.found}`}`,
      ...("todo" in line && line.todo !== undefined ? [`      → ${line.todo}`] : []),
    ]),
    "",
  ].join("\n");
