/** Runs the command line as a person does: a process of its own, in their folder. */
import { execFile } from "node:child_process";
import path from "node:path";
import { packageRoot } from "../../src/package-root.ts";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** `env` is all that it sees of our environment, beside PATH. Ends within a minute. */
export const runAccolade = (args: readonly string[], folder: string, env: Record<string, string>): Promise<Ran> =>
  new Promise((resolve) => {
    const file = path.join(packageRoot, "bin", "accolade.js");
    const options = { cwd: folder, env: { PATH: process.env.PATH ?? "", ...env }, timeout: 60_000 };
    const child = execFile(process.execPath, [file, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
