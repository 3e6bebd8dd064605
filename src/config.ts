/** The only reader of the environment and of accolade.yaml. Frozen once read. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { packageRoot } from "./package-root.ts";
import { REDIS_ADDRESSES, readRedisAddress } from "./queue/redis-address.ts";
import { problemLine } from "./yaml/problem.ts";

export const roles = ["ingress", "decide", "deliver", "console"] as const;
export type Role = (typeof roles)[number];

export interface Config extends ConfigFile {
  /** True where there is no accolade.yaml: a workspace to try things in, with an outbox in place of real channels. */
  sandbox: boolean;
  /** Where accolade.yaml is, or would be. */
  file: string;
  home: string;
  port: number;
  /** Without a slash at the end. */
  publicUrl: string;
  /** Undefined: the embedded PostgreSQL in `home`. */
  databaseUrl: string | undefined;
  /** Undefined: the queue lives in PostgreSQL. */
  redisUrl: string | undefined;
  roles: ReadonlySet<Role>;
  logLevel: "error" | "warn" | "info" | "debug";
  /** Newest first. */
  secretKeys: string[];
  rulesFolder: string;
  templatesFolder: string;
  peopleFile: string | null;
}

/** What the environment may say. `ACCOLADE_SECRET_KEY` is read apart: it may come from a file, or be generated. */
export const Environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe("Where the server listens"),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Address under which CRMs and recipients reach the server, `https://…`; default `http://localhost:<PORT>`. HubSpot signs it, claim links begin with it",
    ),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe(
      "PostgreSQL 14 or newer, `postgres://user:password@host:5432/name`; default an embedded one in the home folder",
    ),
  REDIS_URL: z
    .string()
    .refine((text) => readRedisAddress(text) !== undefined, `expected ${REDIS_ADDRESSES}`)
    .optional()
    .describe(
      "Redis 6.2 or newer for the queue: `redis://host:6379`, `redis+sentinel://host:26379,host:26379/<name of the master>` or `redis+cluster://host:6379,host:6379`; `rediss` for TLS. Default: the queue lives in PostgreSQL",
    ),
  ACCOLADE_HOME: z
    .string()
    .min(1)
    .default(".accolade")
    .describe("Folder for what the server keeps beside the database: the embedded PostgreSQL, a generated secret key"),
  ACCOLADE_CONFIG: z
    .string()
    .min(1)
    .default("accolade.yaml")
    .describe("The configuration file; where the default one does not exist, the sandbox starts"),
  ACCOLADE_RULES: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the rules; default `rules`, and where that does not exist, the starter rules"),
  ACCOLADE_ROLES: z
    .string()
    .default(roles.join(","))
    .transform((text) => text.split(",").map((role) => role.trim()))
    .pipe(z.array(z.enum(roles)).min(1))
    .describe("What this process does, separated by commas: takes webhooks, decides, delivers, serves pages"),
  LOG_LEVEL: z
    .enum(["error", "warn", "info", "debug"])
    .optional()
    .describe("Least weight of what is logged; default info, and warn in the sandbox"),
});

/** Values of these variables, or of files they name with `_FILE`, are secret. */
const fromEnvironment = (env: NodeJS.ProcessEnv) => (name: string) => {
  const file = env[`${name}_FILE`];
  if (env[name] !== undefined && env[name] !== "") return env[name];
  return file && existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
};

/** Everything that was wrong, one line each: place, found, expected. */
export type ConfigRefused = { ok: false; problems: string[] };

/** Reads it all, relative to `folder`. Makes the home folder and a secret key on first use. */
export const readConfig = async (
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
): Promise<{ ok: true; config: Config } | ConfigRefused> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const lookup = fromEnvironment(env);
  const named = { ...present, DATABASE_URL: lookup("DATABASE_URL"), REDIS_URL: lookup("REDIS_URL") };
  const parsed = Environment.safeParse(named);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map((issue) => `environment variable ${issue.path.join(".")}: ${issue.message}`),
    };
  }
  const { PORT, PUBLIC_URL, DATABASE_URL, REDIS_URL, ...rest } = parsed.data;
  const home = path.resolve(folder, rest.ACCOLADE_HOME);
  const file = path.resolve(folder, rest.ACCOLADE_CONFIG);
  const sandbox = !existsSync(file);
  if (sandbox && env.ACCOLADE_CONFIG)
    return {
      ok: false,
      problems: [`ACCOLADE_CONFIG: found no file ${rest.ACCOLADE_CONFIG}, expected your accolade.yaml`],
    };
  await mkdir(home, { recursive: true });

  const source = sandbox ? path.join(packageRoot, "sandbox", "accolade.yaml") : file;
  const shown = sandbox ? "sandbox/accolade.yaml" : path.relative(folder, file) || file;
  const sandboxSecrets = sandbox ? await madeOnce(path.join(home, "sandbox-secrets.json"), newSandboxSecrets) : "{}";
  const generated = z.record(z.string(), z.string()).parse(JSON.parse(sandboxSecrets));
  const read = readConfigFile(shown, await readFile(source, "utf8"), (name) => generated[name] ?? lookup(name));
  if (!read.ok) return { ok: false, problems: read.problems.map(problemLine) };

  const secretKey =
    lookup("ACCOLADE_SECRET_KEY") ??
    (await madeOnce(path.join(home, "secret-key"), () => randomBytes(32).toString("base64url")));
  const secretKeys = secretKey.split(",").map((key) => key.trim());
  if (secretKeys.some((key) => key.length < 32))
    return {
      ok: false,
      problems: [
        "ACCOLADE_SECRET_KEY: found a key that is too short, expected at least 32 random characters (`openssl rand -base64 32`)",
      ],
    };
  const near = (written: string) => path.resolve(path.dirname(source), written);
  return {
    ok: true,
    config: Object.freeze({
      ...read.value,
      secrets: [...read.value.secrets, ...secretKeys],
      sandbox,
      file,
      home,
      port: PORT,
      publicUrl: (PUBLIC_URL ?? `http://localhost:${PORT}`).replace(/\/+$/, ""),
      databaseUrl: DATABASE_URL,
      redisUrl: REDIS_URL,
      roles: new Set(rest.ACCOLADE_ROLES),
      // a newcomer reads what happens in sentences; the lines for operators would drown them
      logLevel: rest.LOG_LEVEL ?? (sandbox ? "warn" : "info"),
      secretKeys,
      rulesFolder: rulesFolder(folder, rest.ACCOLADE_RULES),
      templatesFolder: read.value.templates ? near(read.value.templates) : path.join(packageRoot, "templates"),
      peopleFile: read.value.people ? near(read.value.people) : null,
    }),
  };
};

/** The admin's own folder, or the starter rules that come with the package. */
const rulesFolder = (folder: string, named: string | undefined) => {
  const own = path.resolve(folder, named ?? "rules");
  return named || existsSync(own) ? own : path.join(packageRoot, "rules");
};

const newSandboxSecrets = () =>
  JSON.stringify({
    SANDBOX_HUBSPOT_SECRET: randomBytes(24).toString("hex"),
    SANDBOX_SALESFORCE_PATH: randomBytes(24).toString("hex"),
    SANDBOX_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  });

/** A file that only we may read, written on first use. Two processes that start at once end with the same text. */
const madeOnce = async (file: string, make: () => string): Promise<string> => {
  try {
    await writeFile(file, make(), { mode: 0o600, flag: "wx" });
    await chmod(file, 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return (await readFile(file, "utf8")).trim();
};
