import type { Situation } from "../situation.ts";
import type { Expression } from "./expression.ts";
import type { Path } from "./expression-paths.ts";
import type { Facts } from "./facts.ts";
import type { LineTrace } from "./matcher.ts";
import { valueAt } from "./value-at.ts";

/** Whether a line holds. A line that cannot be evaluated does not. */
export const holds = (line: Expression, facts: Facts): boolean => {
  const result = line.evaluate(facts);
  return "value" in result && result.value === true;
};

/** The same judgement as `holds`, with what was seen and why. */
export const traceLine = (
  line: Expression,
  facts: Facts,
  situation: Situation,
  workspaceCurrency: string,
): LineTrace => {
  const result = line.evaluate(facts);
  const trace = { text: line.text, held: "value" in result && result.value === true, saw: sawIn(line, situation) };
  if ("failed" in result) {
    const failed = result.failed();
    return { ...trace, error: failed + reason(failed, situation, workspaceCurrency) };
  }
  if (typeof result.value !== "boolean") return { ...trace, error: `${line.text} is neither true nor false` };
  return trace;
};

/** Each variable of a line and its value. */
export const sawIn = (line: Expression, situation: Situation): Record<string, unknown> => {
  const saw: Record<string, unknown> = {};
  for (const path of line.paths) saw[path.text] = seenAt(situation, path);
  return saw;
};

const seenAt = (situation: Situation, { steps, absent }: Path): unknown => {
  const value = valueAt(situation, steps);
  return value === null && absent !== undefined && valueAt(situation, steps.slice(0, -1)) !== null ? absent : value;
};

/** Why a value is not known, where we can tell. */
const reason = (failed: string, { deal, ...records }: Situation, workspaceCurrency: string): string => {
  const [, record = "", field = ""] = /^(\w+)\.(\w+).* is not known$/.exec(failed) ?? [];
  if (record === "deal" && field === "amount" && deal?.amount_original != null) {
    const { currency } = deal;
    return currency && currency !== workspaceCurrency
      ? `: no exchange rate from ${currency} to ${workspaceCurrency}`
      : "";
  }
  const absent = valueAt({ deal, ...records }, [record]) === null && record !== "";
  return absent ? `: there is no ${record}` : "";
};
