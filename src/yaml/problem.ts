/** One thing wrong, at one place. Line and column count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  found: string;
  expected: string;
}

/** One line for a person: `rules/sales.yaml:8:9: found …, expected …`. */
export const problemLine = (problem: Problem): string =>
  `${problem.file}:${problem.line}:${problem.column}: found ${problem.found}, expected ${problem.expected}`;

/** By file, then by place; the same one only once. */
export const inOrder = (problems: readonly Problem[]): Problem[] => {
  const sorted = [...problems].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
  const seen = new Set<string>();
  return sorted.filter((problem) => {
    const line = problemLine(problem);
    return seen.has(line) ? false : seen.add(line);
  });
};

/** A value as an admin wrote it, short, for `found`. */
export const inWords = (value: unknown): string => {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a map of keys and values";
  const text = String(value).replaceAll(/\s+/g, " ");
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  if (typeof value === "string") return short === "" ? "an empty text" : `\`${short}\``;
  return `\`${short}\` (${typeof value === "boolean" ? "true or false" : "a number"})`;
};
