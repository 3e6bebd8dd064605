import { spawn } from "node:child_process";
import path from "node:path";
import { end, freePort, ready } from "../ground/server.ts";

/** Starts the floor on this database. */
export const startFloor = async (databaseUrl: string): Promise<{ url: string; stop(): Promise<void> }> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let said = "";
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "server-process.ts")], {
    env: { PATH: process.env.PATH ?? "", PORT: String(port), DATABASE_URL: databaseUrl },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await ready(child, url, () => said);
  return { url, stop: () => end(child) };
};
