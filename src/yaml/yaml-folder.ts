/** Reads the YAML files that an admin keeps in a folder, and notices when they change. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { SourceFile } from "./yaml-source.ts";

/** Rule files, not their tests (`*.test.yaml`), in the order of their names, also in folders below. */
export const readRuleFiles = async (folder: string): Promise<SourceFile[]> => {
  const names = await ruleNames(folder);
  const shown = path.basename(folder);
  return Promise.all(
    names.map(async (name) => ({ file: `${shown}/${name}`, text: await readFile(path.join(folder, name), "utf8") })),
  );
};

const ruleNames = async (folder: string) =>
  (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name))
    .sort();

export interface Watch {
  stop(): void;
}

/**
 * Calls `changed` after files were written, added or taken away. Looks once a second: file events are lost on network
 * folders and in containers, and an admin waits a second gladly.
 */
export const watchFiles = (list: () => Promise<string[]>, changed: () => Promise<void>, everyMs = 1_000): Watch => {
  let stopped = false;
  let seen: string | undefined;
  const look = async () => {
    const marks = await Promise.all((await list()).map(async (file) => `${file} ${await mark(file)}`)).catch(
      () => undefined,
    );
    const now = marks?.join("\n");
    if (now !== undefined && seen !== undefined && now !== seen) await changed();
    if (now !== undefined) seen = now;
    if (!stopped) timer = setTimeout(look, everyMs).unref();
  };
  let timer = setTimeout(look, 0).unref();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};

const mark = async (file: string) => {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs} ${size} ${ino}`;
};

/** The rule files of a folder, as paths: for `watchFiles`. */
export const ruleFilePaths = async (folder: string): Promise<string[]> =>
  (await ruleNames(folder)).map((name) => path.join(folder, name));

/** Tests of rules (`*.test.yaml`) in a folder and those below, in the order of their names. */
export const readTestFiles = async (folder: string): Promise<SourceFile[]> => {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter((name) => /\.test\.ya?ml$/.test(name))
    .sort();
  const shown = path.basename(folder);
  return Promise.all(
    names.map(async (name) => ({ file: `${shown}/${name}`, text: await readFile(path.join(folder, name), "utf8") })),
  );
};
