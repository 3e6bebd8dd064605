/** Reads one file of words in `templates/`: YAML with ICU messages, every mistake with its line, whatever kind of message it is for. */
import { IntlMessageFormat } from "intl-messageformat";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";

/** One thing wrong in a template file. Line counts from 1; 0 where the problem is the file as a whole. */
export interface TemplateProblem {
  file: string;
  line: number;
  place: string;
  found: string;
  expected: string;
}

export type Message = (values: Values) => string;
export type Values = Readonly<Record<string, string | number>>;

export const text = z.string().min(1);

/** What every kind of message says on WhatsApp, word for word as it was approved there. */
export const WrittenWhatsApp = z.strictObject({ body: text, variables: z.array(text).min(1) });
export interface WhatsAppWords {
  body: string;
  /** What each variable holds, as it was written, without its braces. */
  names: readonly string[];
  variables: readonly Message[];
}

interface WordFile<Written> {
  /** As it was written, checked by its schema. */
  written: Written;
  /** Compiles the message at a path, and notes what is wrong with it. */
  compile(path: (string | number)[], message: string): Message;
  whatsApp(written: z.infer<typeof WrittenWhatsApp>): WhatsAppWords;
  /** What was noted so far. */
  problems: TemplateProblem[];
}

/** `namesFor`: what the message at a place may name. Never throws for what an admin wrote. */
export const readWordFile = <Written>(
  { file, language, source }: { file: string; language: string; source: string },
  schema: z.ZodType<Written>,
  namesFor: (place: string) => readonly string[],
): WordFile<Written> | { problems: TemplateProblem[] } => {
  const counter = new LineCounter();
  const document = parseDocument(source, { lineCounter: counter });
  const problems: TemplateProblem[] = document.errors.map((error) => ({
    file,
    line: counter.linePos(error.pos[0]).line,
    place: "",
    found: error.message.split("\n")[0] ?? "not YAML",
    expected: "YAML",
  }));
  if (problems.length > 0) return { problems };

  const parsed = schema.safeParse(document.toJS() as unknown);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
      const expected = issue.code === "unrecognized_keys" ? "no such key here" : issue.message;
      problems.push({
        file,
        line: lineOf(document, counter, path),
        place: path.join("."),
        found: describe(document.getIn(path)),
        expected,
      });
    }
    return { problems };
  }

  const compile = (path: (string | number)[], message: string): Message => {
    const place = path.join(".");
    const problem = (found: string, expected: string) =>
      problems.push({ file, line: lineOf(document, counter, path), place, found, expected });
    try {
      const format = new IntlMessageFormat(message, language, undefined, { ignoreTag: true });
      const allowed = namesFor(place);
      for (const name of argumentsOf(format.getAst()))
        if (!allowed.includes(name)) problem(`{${name}}`, `one of ${allowed.map((each) => `{${each}}`).join(", ")}`);
      return (values) => String(format.format(values));
    } catch (error) {
      problem(message, `an ICU message (${error instanceof Error ? error.message : String(error)})`);
      return () => "";
    }
  };
  return {
    written: parsed.data,
    compile,
    problems,
    whatsApp(written) {
      for (const problem of bodyProblems(written))
        problems.push({
          file,
          line: lineOf(document, counter, ["whatsapp", "body"]),
          place: "whatsapp.body",
          ...problem,
        });
      return {
        body: written.body,
        names: written.variables.map((each) => each.replace(/^\{|\}$/g, "")),
        variables: written.variables.map((each, index) => compile(["whatsapp", "variables", index], each)),
      };
    },
  };
};

/** Meta takes a template only with variables numbered from 1 without gaps, and none of them first or last. */
const bodyProblems = ({ body, variables }: { body: string; variables: string[] }) => {
  const used = [...body.matchAll(/\{\{(\d+)\}\}/g)].map((match) => Number(match[1]));
  const expected = variables.map((_, index) => index + 1);
  const problems = [];
  if ([...new Set(used)].sort((a, b) => a - b).join() !== expected.join())
    problems.push({
      found: used.map((each) => `{{${each}}}`).join(" ") || "no variable",
      expected: expected.map((each) => `{{${each}}}`).join(" "),
    });
  if (/^\s*\{\{|\}\}\s*$/.test(body))
    problems.push({
      found: "a variable at the start or the end",
      expected: "words before the first and after the last variable",
    });
  return problems;
};

const lineOf = (document: Document, counter: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
};

const describe = (value: unknown): string => {
  if (value === undefined || value === null) return "nothing";
  return typeof value === "object" ? "a list or a map" : JSON.stringify(value);
};

type Ast = ReturnType<IntlMessageFormat["getAst"]>;
const argumentsOf = (elements: Ast): Set<string> => {
  const names = new Set<string>();
  const walk = (list: Ast) => {
    for (const element of list) {
      // 0 is literal text and 7 the # of a plural; everything else names an argument
      if ("value" in element && element.type !== 0) names.add(element.value);
      if ("options" in element) for (const option of Object.values(element.options)) walk(option.value);
    }
  };
  walk(elements);
  return names;
};
