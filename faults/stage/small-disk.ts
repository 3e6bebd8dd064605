/** A file system in memory that is small enough to be filled. Only root may mount one. */
import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const SIZE = "160m";

export interface Disk {
  folder: string;
  /** Until nothing more fits. */
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
}

export const smallDisk = async (folder: string): Promise<Disk> => {
  await mkdir(folder, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0755`, "accolade-faults", folder]);
  await chmod(folder, 0o755);
  const ballast = path.join(folder, "ballast");
  return {
    folder,
    fill: () =>
      new Promise((resolve) => {
        const file = createWriteStream(ballast, { flags: "a" });
        const megabyte = Buffer.alloc(2 ** 20, 1);
        file.on("error", () => resolve());
        const more = (): void => void file.write(megabyte, (error) => error || more());
        more();
      }),
    free: () => rm(ballast, { force: true }),
    async close() {
      await run("umount", ["-l", folder]);
    },
  };
};

/** Why there can be none here; undefined where there can. */
export const noSmallDisk = async (): Promise<string | undefined> => {
  const folder = await mkdtemp(path.join(tmpdir(), "accolade-disk-"));
  try {
    const disk = await smallDisk(folder);
    await disk.close();
    return undefined;
  } catch {
    return "a small disk needs the right to mount a tmpfs: run as root, outside of a container";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
