/** Reads the template folder once at start: words per language, and the mail layout, compiled from MJML. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type Compiled, compileLayout, keptLayout } from "./mail-layout.ts";
import { readWords, type TemplateProblem, type Words } from "./words.ts";

export interface Templates {
  /** By language as the file is named: `en`, `it`, `pt-BR`. Always has `en`. */
  words: ReadonlyMap<string, Words>;
  /** HTML with `{{placeholders}}`. */
  layout: string;
}

export type LoadedTemplates = { ok: true; templates: Templates } | { ok: false; problems: TemplateProblem[] };

/**
 * Reads `<directory>/reward/*.yaml` and `<directory>/reward/email.mjml`. Reports every problem that it can find; never
 * throws for what an admin wrote or forgot. `keepIn`: a folder for the compiled layout, so that the next start need not
 * compile the same one again.
 */
export const loadTemplates = async (directory: string, keepIn?: string): Promise<LoadedTemplates> => {
  const folder = path.join(directory, "reward");
  const problems: TemplateProblem[] = [];
  const missing = (file: string, expected: string) =>
    problems.push({ file, line: 0, place: "", found: "no such file, or not readable", expected });

  const words = new Map<string, Words>();
  const files = await readdir(folder).catch(() => undefined);
  if (!files) missing(folder, "a folder with en.yaml and email.mjml");
  for (const name of (files ?? []).filter((each) => each.endsWith(".yaml")).sort()) {
    const file = path.join(folder, name);
    const language = name.slice(0, -".yaml".length);
    if (!isLanguage(language)) {
      problems.push({
        file,
        line: 0,
        place: "",
        found: name,
        expected: "a language tag and .yaml: en.yaml, pt-BR.yaml",
      });
      continue;
    }
    const read = readWords(file, language, await readFile(file, "utf8"));
    if ("words" in read) words.set(language, read.words);
    else problems.push(...read.problems);
  }
  if (files && !files.includes("en.yaml")) missing(path.join(folder, "en.yaml"), "English words, the last fall-back");

  const layoutFile = path.join(folder, "email.mjml");
  const source = files && (await readFile(layoutFile, "utf8").catch(() => undefined));
  if (files && source === undefined) missing(layoutFile, "the layout of the mail in MJML");
  const compile = keepIn === undefined ? compileLayout : keptLayout(keepIn);
  const compiled: Compiled = source === undefined ? { html: "", problems: [] } : await compile(layoutFile, source);
  problems.push(...compiled.problems);
  const layout = compiled.html;
  return problems.length > 0 ? { ok: false, problems } : { ok: true, templates: { words, layout } };
};

const isLanguage = (text: string): boolean => {
  try {
    return Intl.getCanonicalLocales(text)[0] === text;
  } catch {
    return false;
  }
};
