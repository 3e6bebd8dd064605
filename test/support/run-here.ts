/** Runs the command line within this process, in a person's folder: for tests with many commands, where starting each one costs a second. */
import { format } from "node:util";
import { main } from "../../src/cli/accolade.ts";
import type { Ran } from "./run-accolade.ts";

/** As `runAccolade`, but what commander itself refuses (a missing argument) ends the process: run that one apart. */
export const runHere = async (args: readonly string[], folder: string, env: Record<string, string>): Promise<Ran> => {
  const { exit, exitCode: code } = process;
  const before = { cwd: process.cwd(), env: { ...process.env }, code, exit, console: { ...console } };
  const out = { stdout: "", stderr: "" };
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!["PATH", "HOME"].includes(name)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = 0;
  const into =
    (stream: "stdout" | "stderr") =>
    (...parts: unknown[]) => {
      out[stream] += `${format(...parts)}
`;
    };
  console.log = into("stdout");
  console.error = into("stderr");
  const ended = new Error("the command ended the process");
  process.exit = (code) => {
    process.exitCode = code ?? process.exitCode;
    throw ended;
  };
  try {
    await main(["node", "accolade", ...args]).catch((error: unknown) => {
      if (error !== ended) throw error;
    });
    return { code: Number(process.exitCode), ...out };
  } finally {
    process.exit = before.exit;
    Object.assign(console, before.console);
    process.chdir(before.cwd);
    for (const name of Object.keys(process.env)) if (!(name in before.env)) delete process.env[name];
    Object.assign(process.env, before.env);
    process.exitCode = before.code;
  }
};
