/** Reads the template folder once at start: words per kind and language, and the mail layouts, compiled from MJML. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../package-root.ts";
import { type CelebrationWords, readCelebrationWords } from "./celebration-words.ts";
import { type NoticeKind, noticeKinds } from "./channel.ts";
import { keptLayouts } from "./kept-layouts.ts";
import { type Compiled, compileLayout, noticeLayoutNames, rewardLayoutNames } from "./mail-layout.ts";
import { type NoticeWords, readNoticeWords } from "./notice-words.ts";
import type { RegisteredWords } from "./whatsapp-registry.ts";
import type { TemplateProblem, WhatsAppWords } from "./word-file.ts";
import { readWords, type Words } from "./words.ts";

/** By language as the file is named: `en`, `it`, `pt-BR`. Always has `en`. */
type ByLanguage<Kept> = ReadonlyMap<string, Kept>;

export interface Templates {
  words: ByLanguage<Words>;
  /** HTML with `{{placeholders}}`. */
  layout: string;
  notices: Readonly<Record<NoticeKind, ByLanguage<NoticeWords>>>;
  noticeLayout: string;
  celebrations: ByLanguage<CelebrationWords>;
}

export type LoadedTemplates = { ok: true; templates: Templates } | { ok: false; problems: TemplateProblem[] };

const shipped = path.join(packageRoot, "templates");

/**
 * Reads `<directory>/reward/*.yaml` and `<directory>/reward/email.mjml`, and the same of the notices: what a directory does
 * not have of those comes from the package, so that a copy made for an older version still works. Reports every problem
 * that it can find; never throws for what an admin wrote or forgot. `keepIn`: a folder for the compiled layouts, so that
 * the next start need not compile the same ones again.
 */
export const loadTemplates = async (directory: string, keepIn?: string): Promise<LoadedTemplates> => {
  const problems: TemplateProblem[] = [];
  const folder = path.join(directory, "reward");
  const words = await readLanguages(folder, "a folder with en.yaml and email.mjml", readWords, problems);
  const kept = keepIn === undefined ? undefined : keptLayouts(keepIn);
  const compile = kept?.compile ?? compileLayout;
  const layout = async (file: string, names: readonly string[]): Promise<string> => {
    const source = await readFile(file, "utf8").catch(() => undefined);
    if (source === undefined) problems.push(missing(file, "the layout of the mail in MJML"));
    const compiled: Compiled = source === undefined ? { html: "", problems: [] } : await compile(file, source, names);
    problems.push(...compiled.problems);
    return compiled.html;
  };
  const rewardLayout = existsSync(folder) ? await layout(path.join(folder, "email.mjml"), rewardLayoutNames) : "";

  const own = (name: string) => path.join(existsSync(path.join(directory, name)) ? directory : shipped, name);
  const notices = {} as Record<NoticeKind, ByLanguage<NoticeWords>>;
  for (const kind of noticeKinds)
    notices[kind] = await readLanguages(own(kind), "a folder with en.yaml", readNoticeWords, problems);
  const celebrations = await readLanguages(own("celebration"), "a folder with en.yaml", readCelebrationWords, problems);
  const noticeLayout = await layout(own("notice.mjml"), noticeLayoutNames);
  kept?.close();
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, templates: { words, layout: rewardLayout, notices, noticeLayout, celebrations } };
};

type ReadWords<Kept> = (
  file: string,
  language: string,
  source: string,
) => { words: Kept } | { problems: TemplateProblem[] };

const readLanguages = async <Kept>(
  folder: string,
  expected: string,
  readOne: ReadWords<Kept>,
  problems: TemplateProblem[],
): Promise<ByLanguage<Kept>> => {
  const words = new Map<string, Kept>();
  const files = await readdir(folder).catch(() => undefined);
  if (!files) {
    problems.push(missing(folder, expected));
    return words;
  }
  for (const name of files.filter((each) => each.endsWith(".yaml")).sort()) {
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
    const read = readOne(file, language, await readFile(file, "utf8"));
    if ("words" in read) words.set(language, read.words);
    else problems.push(...read.problems);
  }
  if (!files.includes("en.yaml"))
    problems.push(missing(path.join(folder, "en.yaml"), "English words, the last fall-back"));
  return words;
};

const missing = (file: string, expected: string): TemplateProblem => ({
  file,
  line: 0,
  place: "",
  found: "no such file, or not readable",
  expected,
});

const isLanguage = (text: string): boolean => {
  try {
    return Intl.getCanonicalLocales(text)[0] === text;
  } catch {
    return false;
  }
};

/** What the words of each kind and language put into their WhatsApp template. */
export const whatsappWordsOf = ({ words, notices }: Templates): RegisteredWords => {
  const namesOf = (all: ByLanguage<{ whatsapp: WhatsAppWords }>) =>
    new Map([...all].map(([language, { whatsapp }]) => [language, whatsapp.names]));
  return new Map([["reward", namesOf(words)], ...noticeKinds.map((kind) => [kind, namesOf(notices[kind])] as const)]);
};
