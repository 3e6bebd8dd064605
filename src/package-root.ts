import { existsSync } from "node:fs";
import path from "node:path";

const findRoot = (from: string): string => {
  if (existsSync(path.join(from, "package.json"))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error(`no package.json above ${import.meta.dirname}`);
  return findRoot(parent);
};

/** The folder of the installed package, where `migrations/`, `rules/`, `rulebooks/` and `templates/` lie: the same for sources and for `dist/`. */
export const packageRoot = findRoot(import.meta.dirname);
