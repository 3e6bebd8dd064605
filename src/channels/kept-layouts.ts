/** Compiled layouts, kept in a folder for the same source: most starts compile nothing. */
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { LayoutAsked } from "./layout-process.ts";
import type { Compiled, compileLayout } from "./mail-layout.ts";

export interface KeptLayouts {
  /** `compileLayout`, or what it made before. One at a time. A folder that cannot be written does no harm. */
  compile: typeof compileLayout;
  close(): void;
}

/**
 * Compiles in a process apart: MJML's compiler would hold up everything else for a second or more while it is loaded, and keep
 * its memory for as long as the server runs.
 */
export const keptLayouts = (folder: string): KeptLayouts => {
  let child: ChildProcess | undefined;
  const asked = async (layout: LayoutAsked): Promise<Compiled> => {
    child ??= fork(path.join(import.meta.dirname, `layout-process${path.extname(import.meta.filename)}`));
    const ended = once(child, "exit").then(() => undefined);
    const answer = once(child, "message") as Promise<[Compiled]>;
    child.send(layout);
    const told = await Promise.race([answer, ended]);
    if (!told) throw new Error(`compiling ${layout.file} ended without a word`);
    return told[0];
  };
  return {
    async compile(file, source, layoutNames) {
      const { version } = createRequire(import.meta.url)("mjml/package.json") as { version: string };
      const digest = createHash("sha256").update(`${version}\n${layoutNames}\n${source}`).digest("hex").slice(0, 32);
      const kept = path.join(folder, `mail-layout-${digest}.html`);
      const html = await readFile(kept, "utf8").catch(() => "");
      if (html !== "") return { html, problems: [] };
      const compiled = await asked({ file, source, layoutNames });
      if (compiled.problems.length === 0) await keep(kept, compiled.html).catch(() => {});
      return compiled;
    },
    close() {
      if (child?.connected) child.disconnect();
    },
  };
};

const keep = async (file: string, html: string) => {
  await mkdir(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, html);
  await rename(unfinished, file);
};
