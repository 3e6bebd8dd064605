// compose.yaml and .dockerignore name variables, services and files: all of them must be there.
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { Environment } from "../../src/config.ts";
import { packageRoot } from "../../src/package-root.ts";
import { readDockerfile } from "./dockerfile.ts";

const textOf = (name: string) => readFileSync(path.join(packageRoot, name), "utf8");
const Compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string().optional(),
      command: z.array(z.string()).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.literal("service_healthy") })).default({}),
      environment: z.record(z.string(), z.string()).default({}),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      volumes: z.array(z.string()).default([]),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
});
const compose = Compose.parse(parse(textOf("compose.yaml")));

test("compose.yaml sets variables that Accolade reads, and waits for services that are there and say when they are well", () => {
  const { accolade, redis, postgres } = compose.services;
  const read = [...Object.keys(Environment.shape), "ACCOLADE_SECRET_KEY"];
  expect(read).toEqual(expect.arrayContaining(Object.keys(accolade?.environment ?? {})));
  expect(Object.keys(accolade?.depends_on ?? {}).sort()).toEqual(["postgres", "redis"]);
  for (const service of [redis, postgres]) expect(service?.healthcheck?.test.length).toBeGreaterThan(1);
  expect(redis?.command?.join(" ")).toContain("--maxmemory-policy noeviction");
  expect(accolade?.environment.DATABASE_URL).toContain(`@postgres:5432/${postgres?.environment.POSTGRES_DB}`);
  expect(accolade?.environment.REDIS_URL).toBe("redis://redis:6379");
});

test("the image's folders are the ones that compose.yaml mounts, and every named volume is declared", () => {
  const image = readDockerfile(textOf("Dockerfile")).at(-1);
  const mounts = compose.services.accolade?.volumes.map((volume) => volume.split(":")) ?? [];
  expect(mounts.map(([, target]) => target).sort()).toEqual([image?.env.ACCOLADE_HOME, image?.workdir].sort());
  const named = Object.values(compose.services).flatMap(({ volumes }) =>
    volumes.map((volume) => volume.split(":")[0] ?? "").filter((name) => !name.startsWith(".")),
  );
  expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
});

test(".dockerignore lets in what the Dockerfile copies, and nothing else", () => {
  const stages = readDockerfile(textOf("Dockerfile"));
  const copied = stages.flatMap(({ steps }) =>
    steps.flatMap((step) => ("copy" in step && !step.from ? step.copy : [])),
  );
  const letIn = textOf(".dockerignore")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  expect(letIn.sort()).toEqual([...new Set(copied)].sort());
});
