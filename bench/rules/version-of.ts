import { readFileSync } from "node:fs";
import path from "node:path";

/** The installed version of a package, whether or not it exports its package.json. */
export const versionOf = (name: string): string => {
  const file = path.join(import.meta.dirname, "../../node_modules", name, "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
};
