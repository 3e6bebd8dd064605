/** The words of one language as an admin writes them in `templates/<kind>/<language>.yaml`, checked and compiled. */
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

type Message = (values: Values) => string;
export type Values = Readonly<Record<string, string | number>>;

export interface Words {
  language: string;
  points: Message;
  /** By milestone type; `other` for all the rest. */
  moments: ReadonlyMap<string, { subject: Message; reason: Message }>;
  other: { subject: Message; reason: Message };
  alreadySays: readonly string[];
  lines: Readonly<Record<LineName, Message>>;
  sms: readonly Message[];
  whatsapp: { body: string; variables: readonly Message[] };
}

const text = z.string().min(1);
const moment = z.strictObject({ subject: text, reason: text });
const lineNames = [
  "opening",
  "prize",
  "worth",
  "preheader",
  "open",
  "button",
  "expires",
  "why",
  "because",
  "copy",
  "footer",
] as const;
type LineName = (typeof lineNames)[number];

const Written = z.strictObject({
  points: text,
  moments: z.object({ other: moment }).catchall(moment),
  alreadySays: z.array(text).default([]),
  ...(Object.fromEntries(lineNames.map((name) => [name, text])) as Record<LineName, typeof text>),
  sms: z.array(text).min(1),
  whatsapp: z.strictObject({ body: text, variables: z.array(text).min(1) }),
});

const facts = ["naming", "name", "facts", "amount", "days", "self", "rule", "value", "firstName", "workspace"];
const prize = [...facts, "prizeKind", "an", "title"];
const sentence = [...prize, "prize", "worth", "opening", "statement", "open", "until", "link"];
/** What each message may name; a message is made before those that name it. */
const namesFor = (place: string): readonly string[] => {
  if (place === "points") return ["n", "count"];
  if (place.startsWith("moments.")) return facts;
  if (place === "opening") return [...facts, "who", "reason"];
  if (place === "prize") return prize;
  if (place === "worth") return [...prize, "prize"];
  return sentence;
};

/** Reads one file. Every problem that can be found is reported; never throws for what an admin wrote. */
export const readWords = (
  file: string,
  language: string,
  source: string,
): { words: Words } | { problems: TemplateProblem[] } => {
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

  const raw: unknown = document.toJS();
  const parsed = Written.safeParse(raw);
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

  const written = parsed.data;
  const compiledMoment = (type: string, { subject, reason }: z.infer<typeof moment>) => ({
    subject: compile(["moments", type, "subject"], subject),
    reason: compile(["moments", type, "reason"], reason),
  });
  const { other, ...byType } = written.moments;
  const words: Words = {
    language,
    points: compile(["points"], written.points),
    moments: new Map(Object.entries(byType).map(([type, each]) => [type, compiledMoment(type, each)])),
    other: compiledMoment("other", other),
    alreadySays: written.alreadySays,
    lines: Object.fromEntries(lineNames.map((name) => [name, compile([name], written[name])])) as Words["lines"],
    sms: written.sms.map((each, index) => compile(["sms", index], each)),
    whatsapp: {
      body: written.whatsapp.body,
      variables: written.whatsapp.variables.map((each, index) => compile(["whatsapp", "variables", index], each)),
    },
  };
  for (const problem of bodyProblems(written.whatsapp))
    problems.push({ file, line: lineOf(document, counter, ["whatsapp", "body"]), place: "whatsapp.body", ...problem });
  return problems.length > 0 ? { problems } : { words };
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
