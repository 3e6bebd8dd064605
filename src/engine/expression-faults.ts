/** What CEL says of an expression, in the words of the person who wrote it. */
import { TypeError as CelTypeError, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { didYouMean } from "./close-match.ts";
import { functionNames } from "./environment.ts";

/** One thing wrong in an expression, at an offset of its text. */
export interface Fault {
  at: number;
  found: string;
  expected: string;
}

const words: Record<string, string> = {
  int: "a whole number",
  uint: "a whole number",
  double: "a number",
  string: "text",
  bool: "true or false",
  bytes: "bytes",
  null: "nothing",
  list: "a list",
  map: "a map",
  dyn: "a value of any kind",
  type: "the name of a type",
  "google.protobuf.Timestamp": "a time",
  "google.protobuf.Duration": "a length of time",
};

/** A CEL type for people: `list<int>` is "a list", `record_deal` is "the whole `deal`". */
export const typeInWords = (type: string): string => {
  const bare = /^dyn<(.+)>$/.exec(type)?.[1] ?? type;
  if (bare.startsWith("record_")) return `the whole \`${bare.slice("record_".length).replaceAll("_", ".")}\``;
  return words[bare] ?? words[bare.replace(/<.*/, "")] ?? bare;
};

const operands = (summary: string): { left: string; sign: string; right: string } | null => {
  const match = /^no such overload: (.+) (==|!=|<=|>=|<|>|in|[-+*/%]) (.+)$/.exec(summary);
  const [, left = "", sign = "", right = ""] = match ?? [];
  return match ? { left, sign, right } : null;
};

const decimalPoint = "whole numbers written with a decimal point here, such as `30.0`";

/** A failed parse or type check of `text`. */
export const faultOf = (error: unknown, text: string): Fault => {
  if (error instanceof ParseError) return parseFault(error, text);
  if (!(error instanceof CelTypeError)) {
    return { at: 0, found: `\`${text.slice(0, 60)}\``, expected: "a shorter or simpler expression" };
  }
  const at = error.range?.start ?? 0;
  const piece = `\`${text.slice(error.range?.start, error.range?.end)}\``;
  const both = operands(error.summary);
  if (both) {
    const kinds = `${typeInWords(both.left)} on the left and ${typeInWords(both.right)} on the right`;
    const mixed = both.sign === "in" && both.left === "double" && both.right === "list<int>";
    const expected = mixed ? decimalPoint : `values that \`${both.sign}\` works on, such as two of the same kind`;
    return { at, found: `${piece}, with ${kinds}`, expected };
  }
  switch (error.code) {
    case "no_matching_overload": {
      const name = /(\w+)\(/.exec(error.summary.replace(/^.*overload for/, ""))?.[1] ?? "";
      if (functionNames.has(name)) return { at, found: piece, expected: `\`${name}\` with arguments that it takes` };
      return { at, found: piece, expected: `a function of the language${didYouMean(name, functionNames)}` };
    }
    case "incompatible_ternary_branches":
      return {
        at,
        found: piece,
        expected: /'int' and 'double'|'double' and 'int'/.test(error.summary)
          ? decimalPoint
          : "both sides of `:` of one kind",
      };
    case "heterogeneous_list_element":
      return { at, found: piece, expected: "list items of one kind" };
    case "invalid_logical_operand":
    case "invalid_condition_type": {
      const type = /got '(.+)'/.exec(error.summary)?.[1] ?? "";
      return { at, found: `${piece}, with ${typeInWords(type)}`, expected: "conditions that are true or false" };
    }
    default:
      return { at, found: `${piece}: ${error.summary}`, expected: "an expression that fits" };
  }
};

/** What people write who know another language. */
const otherLanguages: Record<string, string> = {
  "=": "==",
  "&": "&&",
  "|": "||",
  and: "&&",
  or: "||",
  is: "==",
  AND: "&&",
  OR: "||",
};

const parseFault = (error: ParseError, text: string): Fault => {
  const at = error.range?.start ?? 0;
  const piece = text.slice(at, Math.max(error.range?.end ?? 0, at + 1));
  if (text.trim() === "") return { at: 0, found: "an empty text", expected: "an expression" };
  if (error.code === "unexpected_token" && at >= text.trimEnd().length) {
    return { at, found: "the end of the line", expected: "the rest of the expression" };
  }
  if (error.code === "unexpected_character" || error.code === "unexpected_token") {
    const meant = otherLanguages[piece];
    const operator = "an operator such as `==`, `&&` or `in`, or the end of the line";
    return { at, found: `\`${piece}\``, expected: meant ? `\`${meant}\`` : operator };
  }
  if (error.code === "unterminated_string") return { at, found: `\`${piece}\``, expected: "a closing quote" };
  if (/exceeded|limit|depth/i.test(error.summary)) {
    return { at, found: "a very long or deep expression", expected: "a shorter one, or several `where` lines" };
  }
  return { at, found: `\`${piece}\`: ${error.summary}`, expected: "a valid expression" };
};

/** Why an expression gave no answer, for a trace. */
export const failureOf = (error: unknown, text: string): string => {
  if (!(error instanceof EvaluationError)) return "could not be evaluated";
  const start = error.node?.start ?? error.range?.start;
  const end = error.node?.end ?? error.range?.end;
  const piece = start === undefined ? text : text.slice(start, end);
  const both = operands(error.summary);
  if (both)
    return `${piece}: \`${both.sign}\` does not work on ${typeInWords(both.left)} and ${typeInWords(both.right)}`;
  switch (error.code) {
    case "no_such_key":
    case "index_out_of_bounds":
      return `${piece} is not known`;
    case "not_known":
      return error.summary;
    case "field_type_mismatch": {
      const [, wanted = "", got = ""] = /type '(.+)', got '(.+)'/.exec(error.summary) ?? [];
      return `${piece} is ${typeInWords(got)}, not ${typeInWords(wanted)}`;
    }
    case "division_by_zero":
      return `${piece} divides by zero`;
    default:
      return `${piece}: ${error.summary}`;
  }
};
