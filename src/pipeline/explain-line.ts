import type { LineTrace } from "../engine/index.ts";
import type { ExplainedLine } from "./explain-types.ts";

const comparison = /^\s*([\w.]+)\s*(>=|>|<=|<)\s*(-?\d+(?:\.\d+)?)\s*$/;

/** Adds how far a comparison with a number was from holding. */
export const withDistance = (line: LineTrace): ExplainedLine => {
  const [, path = "", , number = ""] = comparison.exec(line.text) ?? [];
  const seen = line.saw[path];
  if (line.held || typeof seen !== "number") return line;
  const asked = Number(number);
  return { ...line, missedBy: { asked, seen, by: Math.abs(asked - seen) } };
};
