import { type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";

/** A file as an admin wrote it. `file` is the name shown in problems. */
export interface SourceFile {
  file: string;
  text: string;
}

/** A place in a file: its value, its children, and problems reported exactly there. */
export interface Spot {
  file: string;
  line: number;
  value: unknown;
  child(step: string | number): Spot;
  /** The place at the end of a path, as zod gives it. */
  descendant(path: readonly PropertyKey[]): Spot;
  /** A problem at the value. */
  problem(found: string, expected: string): void;
  /** A problem at the key of this value. */
  keyProblem(found: string, expected: string): void;
  /** A problem inside a text value, at an offset of that text. */
  textProblem(offset: number, found: string, expected: string): void;
  /** Something that works but deserves a look. */
  warning(found: string, expected: string): void;
}

/** Where problems and warnings are gathered. */
export interface Findings {
  problems: Problem[];
  warnings: Problem[];
}

const largest = 1_000_000;
const deepest = 12;
const unsafeKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Reads one YAML file. Null where its text is not sound enough to look at what it says. */
export const readYaml = (source: SourceFile, findings: Findings): Spot | null => {
  const { file, text } = source;
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problem = (offset: number, found: string, expected: string) => {
    findings.problems.push({ ...at(offset), found, expected });
  };

  if (text.length > largest) {
    problem(0, `${text.length} characters`, `at most ${largest} in one file`);
    return null;
  }
  const tooMuch = () => problem(0, "nesting or aliases beyond any use", `at most ${deepest} levels and 20 aliases`);
  // The parser recurses: very deep nesting ends in a RangeError.
  const document = attempt(() => parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true }));
  if (!document) {
    tooMuch();
    return null;
  }
  for (const error of document.errors) {
    const [found, expected] = yamlError(error.code, error.message, text.slice(error.pos[0]));
    problem(error.pos[0], found, expected);
  }
  if (document.errors.length > 0) return null;
  for (const { pos, code, message } of document.warnings) {
    if (code !== "TAG_RESOLVE_FAILED") {
      problem(pos[0], message, "plain YAML without directives");
      continue;
    }
    const tag = /![^\s,\]}]*/.exec(text.slice(pos[0]))?.[0] ?? "";
    problem(pos[0], `\`${tag}\`, which YAML reads as a tag`, "quotes around a text that begins with `!`");
  }
  if (!hasSoundShape(document, problem)) return null;
  // An alias bomb ends in a ReferenceError.
  const plain = attempt(() => ({ value: document.toJS({ maxAliasCount: 20 }) as unknown }));
  if (plain) return spotOf({ document, text, value: plain.value, at, file, findings }, []);
  tooMuch();
  return null;
};

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const yamlError = (code: string, message: string, piece: string): [string, string] => {
  switch (code) {
    case "DUPLICATE_KEY":
      return [`\`${/^[^:\s]*/.exec(piece)?.[0]}\` for the second time`, "each key once"];
    case "MULTIPLE_DOCS":
      return ["a second document after `---`", "one document in a file"];
    case "TAB_AS_INDENT":
      return ["a tab", "spaces at the beginning of a line"];
    case "TAG_RESOLVE_FAILED":
      return [`\`${piece.slice(0, 20)}\`, which YAML reads as a tag`, "quotes around a text that begins with `!`"];
    default:
      return [`YAML that cannot be read (${message.split("\n")[0]?.slice(0, 200)})`, "valid YAML"];
  }
};

/** Reports nesting and keys that no rule file has any use for; false where there are some. */
const hasSoundShape = (
  document: Document,
  problem: (offset: number, found: string, expected: string) => void,
): boolean => {
  let sound = true;
  const refuse = (offset: number | undefined, found: string, expected: string) => {
    sound = false;
    problem(offset ?? 0, found, expected);
  };
  const anchors = new Set<string>();
  const visit = (node: unknown, depth: number): void => {
    if (isAlias(node) && !anchors.has(node.source)) {
      refuse(startOf(node), `\`*${node.source}\``, `an anchor \`&${node.source}\` before it`);
    }
    if (isScalar(node) && node.anchor) anchors.add(node.anchor);
    if (isScalar(node) && typeof node.value === "string" && !isReadable(node.value))
      refuse(startOf(node), "a control character, or half of one sign", "text that can be read");
    if (!isCollection(node)) return;
    if (depth > deepest) {
      refuse(startOf(node), `more than ${deepest} levels of nesting`, "a flatter list or map");
      return;
    }
    for (const item of node.items) {
      if (!isPair(item)) visit(item, depth + 1);
      else {
        const name = isScalar(item.key) ? String(item.key.value) : "";
        if (unsafeKeys.has(name)) refuse(startOf(item.key), `the key \`${name}\``, "another name");
        else visit(item.key, depth + 1);
        visit(item.value, depth + 1);
      }
    }
    // not before its end: what holds itself has none
    if (node.anchor) anchors.add(node.anchor);
  };
  visit(document.contents, 1);
  return sound;
};

/** Only an escape such as `"\0"` writes anything else into YAML; it would be stored, shown and sent. */
const isReadable = (text: string): boolean => text.isWellFormed() && !/[\p{Cc}--[\t\n\r\u0085]]/v.test(text);

interface Read {
  document: Document;
  text: string;
  value: unknown;
  at(offset: number): { file: string; line: number; column: number };
  file: string;
  findings: Findings;
}

const spotOf = (read: Read, path: readonly (string | number)[]): Spot => {
  let node: unknown = read.document.contents;
  let value: unknown = read.value;
  let offset = startOf(node) ?? 0;
  let keyOffset = offset;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(read.document);
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
    let key: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      key = pair?.key;
      node = pair?.value;
    } else {
      node = isSeq(node) ? node.items[Number(step)] : undefined;
    }
    offset = startOf(node) ?? startOf(key) ?? offset;
    keyOffset = startOf(key) ?? offset;
  }
  // A text that YAML took for a tag was reported as that, and has no value that could be judged.
  const isTag = isScalar(node) && node.tag?.startsWith("!") === true;
  const report = (list: Problem[], place: number, found: string, expected: string) => {
    if (!isTag) list.push({ ...read.at(place), found, expected });
  };
  const { problems, warnings } = read.findings;
  return {
    file: read.file,
    line: read.at(keyOffset).line,
    value,
    child: (step) => spotOf(read, [...path, step]),
    descendant: (further) =>
      spotOf(read, [...path, ...further.map((step) => (typeof step === "number" ? step : String(step)))]),
    problem: (found, expected) => report(problems, offset, found, expected),
    keyProblem: (found, expected) => report(problems, keyOffset, found, expected),
    textProblem: (inText, found, expected) => report(problems, offsetInText(read.text, node, inText), found, expected),
    warning: (found, expected) => report(warnings, keyOffset, found, expected),
  };
};

const startOf = (node: unknown): number | undefined =>
  isScalar(node) || isCollection(node) || isAlias(node) ? node.range?.[0] : undefined;

/** Where a character of a text value stands in the file: exact unless the text is folded or has escapes before it. */
const offsetInText = (file: string, node: unknown, inText: number): number => {
  if (!isScalar(node) || typeof node.value !== "string" || !node.range) return startOf(node) ?? 0;
  const lineStart = inText === 0 ? 0 : node.value.lastIndexOf("\n", inText - 1) + 1;
  const lineEnd = node.value.indexOf("\n", lineStart);
  const line = node.value.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
  const found = file.slice(node.range[0], node.range[1]).indexOf(line);
  return found === -1 ? node.range[0] : node.range[0] + found + inText - lineStart;
};
