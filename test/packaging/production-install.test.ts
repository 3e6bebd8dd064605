// What the image relies on, without a Docker engine: the Dockerfile's own instructions, followed in empty folders.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { packageRoot } from "../../src/package-root.ts";
import { freePort } from "../support/free-port.ts";
import { eventually } from "../support/workspace.ts";
import { readDockerfile, type Stage } from "./dockerfile.ts";

const run = promisify(execFile);
let images: string;
let server: ChildProcess | undefined;
beforeAll(async () => {
  images = await mkdtemp(path.join(tmpdir(), "accolade-image-"));
  // where we are root, the embedded PostgreSQL runs as somebody else, who must be able to enter
  await chmod(images, 0o755);
});
afterAll(async () => {
  server?.kill("SIGKILL");
  await rm(images, { recursive: true, force: true });
});

/** The pinned Node.js first, as the image has no other. Nothing else of ours: an image starts with an empty environment. */
const environment = { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`, HOME: process.env.HOME ?? "/" };

/** Follows one stage, whose /app is a folder of its own. The build stage borrows our development dependencies. */
const build = async (stage: Stage, others: Map<string, string>): Promise<string> => {
  const app = path.join(images, `stage-${others.size}`);
  await mkdir(app);
  for (const step of stage.steps) {
    if ("copy" in step) {
      for (const source of step.copy) {
        const from = step.from
          ? path.join(others.get(step.from) ?? "", path.relative("/app", source))
          : path.join(packageRoot, source);
        const to =
          step.copy.length > 1 || step.to.endsWith("/")
            ? path.join(app, step.to, path.basename(source))
            : path.join(app, step.to);
        await cp(from, to, { recursive: true });
      }
    } else if (step.run === "npm ci")
      await symlink(path.join(packageRoot, "node_modules"), path.join(app, "node_modules"));
    else if (step.run.startsWith("npm "))
      await run("sh", ["-c", step.run], { cwd: app, env: { ...environment, npm_config_prefer_offline: "true" } });
    else if (!step.run.startsWith("install -d ")) throw new Error(`what does this do here? ${step.run}`);
  }
  return app;
};

test("the Dockerfile's instructions make a server that starts, serves and stops, from production dependencies alone", async () => {
  const stages = readDockerfile(await readFile(path.join(packageRoot, "Dockerfile"), "utf8"));
  const built = new Map<string, string>();
  for (const stage of stages) built.set(stage.name ?? "image", await build(stage, built));
  const app = built.get("image") ?? "";
  const image = stages.at(-1);
  if (!image?.command || !image.healthcheck) throw new Error("the image has no command or no health check");
  expect(image.user).toBe("node");
  expect(image.image).toMatch(/^node:24\b/);

  expect(await readdir(app)).not.toContain("src");
  for (const tool of ["@biomejs/biome", "jest", "node", "playwright-core"])
    expect(existsSync(path.join(app, "node_modules", tool))).toBe(false);

  const workspace = path.join(images, "workspace");
  await mkdir(workspace);
  const PORT = String(await freePort());
  const env = { ...environment, ...image.env, ACCOLADE_HOME: path.join(images, "data"), PORT };
  const inImage = (words: string[]) =>
    words.map((word) => (word.startsWith("/app/") ? path.join(app, word.slice(5)) : word));
  const [program = "", ...words] = inImage(image.command);
  expect(program).toBe("node");
  const started = spawn(process.execPath, words, { cwd: workspace, env, stdio: ["ignore", "pipe", "pipe"] });
  server = started;
  let said = "";
  for (const stream of [started.stdout, started.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });

  const ready = await eventually(
    "the server in the image to be ready",
    async () => {
      if (started.exitCode !== null) throw new Error(`it ended with ${started.exitCode}:\n${said}`);
      const answer = await fetch(`http://127.0.0.1:${PORT}/readyz`).catch(() => undefined);
      return answer?.ok && answer.json();
    },
    60_000,
  );
  expect(ready).toMatchObject({ ok: true, parts: { database: true, queue: true, rules: true } });
  const [asker = "", ...question] = image.healthcheck;
  expect(asker).toBe("node");
  await run(process.execPath, question, { env });

  const entry = words.find((word) => word.endsWith(".js")) ?? "";
  const checked = await run(process.execPath, [entry, "rules", "check"], { cwd: workspace, env });
  expect(checked.stdout).toContain("all in order");

  started.kill("SIGTERM");
  const [code] = await once(started, "exit");
  expect([code, /error/i.test(said) ? said : ""]).toEqual([0, ""]);
  await expect(run(process.execPath, question, { env })).rejects.toMatchObject({ code: 1 });
}, 300_000);
