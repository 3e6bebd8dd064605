/** Finds the commands that a page tells people to type, and says which of them do not exist. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { accoladeProgram } from "../../src/cli/accolade.ts";
import { packageRoot } from "../../src/package-root.ts";
import type { Page } from "./pages.ts";

export interface Typed {
  /** One command, without variables before it: `npx accolade replay 12`. */
  command: string;
  /** Named in a sentence, perhaps without its arguments, and not shown to be typed. */
  mention: boolean;
  line: number;
}

const shells = new Set(["", "sh", "bash", "shell", "console"]);
const ours = /^(?:accolade|npx|npm)\s/;

/**
 * Commands joined by `&&`, `;` or a pipe are several; `NAME=value` before one is no part of it, nor is a file that it reads
 * or writes (`< mail.eml`, unlike the placeholder `<id>`); comments are left out.
 */
const split = (line: string): string[] =>
  line
    .replace(/(^|\s)#.*$/, "")
    .replace(/\s[<>]\s+\S+/g, "")
    .split(/&&|\|\||[;|](?=\s)/)
    .map((part) =>
      part
        .trim()
        .replace(/^\$\s+/, "")
        .replace(/^(?:[A-Z_]+=(?:"[^"]*"|\S*)\s+)+/, ""),
    );

export const typedIn = ({ blocks, spans }: Page): Typed[] =>
  [
    ...blocks
      .filter(({ kind }) => shells.has(kind))
      .flatMap(({ text, line }) =>
        text
          .replace(/\\\n/g, " \n")
          .split("\n")
          .flatMap((each, index) => split(each).map((command) => ({ command, mention: false, line: line + index }))),
      ),
    ...spans.flatMap(({ text, line }) => split(text).map((command) => ({ command, mention: true, line }))),
  ].filter(({ command }) => ours.test(command));

const scripts: Record<string, string> = JSON.parse(
  readFileSync(path.join(packageRoot, "package.json"), "utf8"),
).scripts;

/** Why this is no command that works; undefined where it is one. */
export const wrongCommand = ({ command, mention }: Omit<Typed, "line">): string | undefined => {
  const [program, ...words] = command.split(/\s+(?=(?:[^<>"]|<[^>]*>|"[^"]*")*$)/);
  if (program === "accolade") return wrongAccolade(accoladeProgram(), words, mention);
  if (program === "npx") {
    const [what, ...rest] = words.filter((word) => word !== "--no-install");
    return what === "accolade" ? wrongAccolade(accoladeProgram(), rest, mention) : `npx ${what} is none of ours`;
  }
  const [what = "", ...rest] = words;
  if (what === "ci")
    return rest.every((word) => word === "--omit=dev") ? undefined : `npm ci takes no ${rest.join(" ")}`;
  const script = what === "run" ? (rest[0] ?? "") : what;
  if (what !== "run" && what !== "start" && what !== "test") return `npm ${what} is no command that these pages need`;
  return scripts[script] === undefined ? `package.json has no script "${script}"` : undefined;
};

const wrongAccolade = (command: Command, words: readonly string[], mention: boolean): string | undefined => {
  const [first, ...rest] = words;
  const inner = command.commands.find((each) => each.name() === first || each.aliases().includes(first ?? ""));
  if (inner) return wrongAccolade(inner, rest, mention);
  if (rest.length === 0 && (first === "--help" || (mention && first === "…"))) return undefined;
  // one that has options of its own does something by itself as well: `accolade debts`, `accolade debts forgive`
  if (command.commands.length > 0 && command.options.length === 0)
    return `\`${command.name()}\` has no command "${first ?? ""}"`;

  const positional: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!word.startsWith("-")) {
      positional.push(word);
      continue;
    }
    const [flag, value] = word.split("=", 2);
    const option = command.options.find(({ long, short }) => long === flag || short === flag);
    if (!option) return `\`${command.name()}\` has no option ${flag}`;
    if (option.required && value === undefined && left.shift() === undefined) return `${flag} needs a value`;
    if (!option.required && !option.optional && value !== undefined) return `${flag} takes no value`;
  }
  const { registeredArguments } = command;
  const required = registeredArguments.filter((argument) => argument.required).length;
  const most = registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : registeredArguments.length;
  if (mention && positional.length === 0) return undefined;
  if (positional.length < required || positional.length > most)
    return `\`${command.name()}\` takes ${required === most ? required : `${required} to ${most}`} arguments, found ${positional.length}`;
  return undefined;
};
