/** One process at a time works on a folder. The lock of a process that died holds nobody up. */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 120_000;

/** Runs `work` once nobody else is at it, in this process or another. Rejects where that takes longer than two minutes. */
export const aloneIn = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  const file = path.join(folder, "lock");
  const self = `${await identityOf(process.pid)} ${Math.random()}`;
  for (const until = performance.now() + PATIENCE_MS; ; await setTimeout(LOOK_EVERY_MS)) {
    if (await taken(file, self)) break;
    const holder = await readFile(file, "utf8").catch(() => "");
    if (holder !== "" && !(await lives(holder))) await clear(file, holder, self);
    else if (performance.now() > until)
      throw new Error(
        `${file}: held by process ${holder.split(" ")[0]} for two minutes; where that is not Accolade, remove the file`,
      );
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};

/** Written apart and linked: nobody ever reads half of it. */
const taken = async (file: string, self: string): Promise<boolean> => {
  const own = `${file}.${self.replaceAll(" ", "-")}`;
  await writeFile(own, self, { mode: 0o600 });
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
};

/** Takes away what a dead process left; somebody else may have done so, and hold it now: then it is put back. */
const clear = async (file: string, dead: string, self: string) => {
  const aside = `${file}.${self.replaceAll(" ", "-")}.dead`;
  await rename(file, aside).catch(() => {});
  const moved = await readFile(aside, "utf8").catch(() => "");
  if (moved !== "" && moved !== dead) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
};

const lives = async (holder: string): Promise<boolean> => {
  const [pid = "", started = ""] = holder.split(" ");
  return (await identityOf(Number(pid))) === `${pid} ${started}`;
};

/** A number is used again after a restart of the machine: where Linux says when a process began, that is part of it. `0`: unknown; `-`: it is gone. */
const identityOf = async (pid: number): Promise<string> => {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] || "-"}`;
  }
  try {
    process.kill(pid, 0);
    return `${pid} 0`;
  } catch (error) {
    return `${pid} ${codeOf(error) === "EPERM" ? "0" : "-"}`;
  }
};

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error && "code" in error ? error.code : undefined;
