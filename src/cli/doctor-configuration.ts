import { readFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { devNull } from "node:os";
import path from "node:path";
import { loadTemplates } from "../channels/index.ts";
import { type Config, readConfig } from "../config.ts";
import { bad, type Line, lookedAt, ok, reasonOf, skipped } from "./doctor-line.ts";

/** `config` is null where the environment itself is not in order; `whole` is false where accolade.yaml could not be used. */
export interface FoundConfiguration {
  lines: Line[];
  config: Config | null;
  whole: boolean;
}

/** Reads everything as the server would. Where accolade.yaml is broken, goes on with what the environment alone says. */
export const checkConfiguration = async (): Promise<FoundConfiguration> => {
  const name = process.env.ACCOLADE_CONFIG || "accolade.yaml";
  const todo = "Mend this, then run doctor again; docs/configuration.md lists every key and variable.";
  const problem = (found: string) => bad("configuration", found, todo);
  const read = await readConfig().catch((error: unknown) => ({ ok: false as const, problems: [reasonOf(error)] }));
  if (!read.ok) {
    const without = await readConfig({ ...process.env, ACCOLADE_CONFIG: devNull }).catch(() => undefined);
    return { lines: read.problems.map(problem), config: without?.ok ? without.config : null, whole: false };
  }
  const { config } = read;
  const { workspace, connections, providers, channels } = config;
  const summary = `workspace ${workspace.name}, ${workspace.currency}, ${workspace.timeZone}; ${connections.size} connections, ${providers.size} providers, ${channels.size} channels`;
  const lines = [
    config.sandbox
      ? skipped("accolade.yaml", `none here, so this is the sandbox: ${summary}`, yourOwn)
      : ok(name, summary),
    ...(config.sandbox ? [] : emptyParts(config)),
    publicUrlLine(config),
    ...(await lookedAt("templates", () => templateLines(config))),
  ];
  return { lines, config, whole: true };
};

const yourOwn = "To connect your own CRM, copy docs/accolade.example.yaml to accolade.yaml and fill it in.";

const emptyParts = ({ connections, channels }: Config): Line[] => [
  ...(connections.size === 0
    ? [bad("connections", "none", "Name your CRM under `connections:` in accolade.yaml; see docs/configuration.md.")]
    : []),
  ...(channels.size === 0
    ? [
        bad(
          "channels",
          "none, so nobody is told of a reward",
          "Add `channels:` to accolade.yaml; see docs/channels.md.",
        ),
      ]
    : []),
];

/** The CRM calls this address, HubSpot signs it, and claim links lead to it. */
const publicUrlLine = ({ publicUrl, sandbox, connections }: Config): Line => {
  const what = "PUBLIC_URL";
  if (sandbox) return ok(what, `${publicUrl} (fine for the sandbox)`);
  const { protocol, hostname } = new URL(publicUrl);
  const todo =
    "Set PUBLIC_URL to the https:// address under which the internet reaches this server: the CRM sends its webhooks there, HubSpot signs it letter by letter, and links in messages lead there.";
  const called = [...connections.values()].some(({ connector }) => connector.id !== "webhook");
  if (isPrivate(hostname)) {
    const found = `${publicUrl}, which only this machine or network reaches`;
    return called ? bad(what, found, todo) : skipped(what, found, todo);
  }
  return protocol === "https:" ? ok(what, publicUrl) : bad(what, `${publicUrl}, which is not encrypted`, todo);
};

const privateAddresses = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  privateAddresses.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  privateAddresses.addSubnet(network, bits, "ipv6");

const isPrivate = (hostname: string): boolean => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  const version = isIP(bare);
  if (version === 0) return !bare.includes(".") || /\.(localhost|local|internal|lan)$/.test(bare);
  return privateAddresses.check(bare, version === 6 ? "ipv6" : "ipv4");
};

const templateLines = async ({ templatesFolder, home }: Config): Promise<Line[]> => {
  const loaded = await loadTemplates(templatesFolder, path.join(home, "cache"));
  if (loaded.ok) return [ok("templates", `in ${[...loaded.templates.words.keys()].join(", ")}`)];
  const todo = "Mend the file; docs/channels.md says what a message can name.";
  return loaded.problems.map(({ file, line, found, expected }) =>
    bad("templates", `${file}${line > 0 ? `:${line}` : ""}: found ${found}, expected ${expected}`, todo),
  );
};

/** Where the key comes from that seals codes and tokens; it is needed to read a backup again. */
export const secretKeyLine = async ({ home, secretKeys }: Config): Promise<Line> => {
  const file = path.join(home, "secret-key");
  const generated = (await readFile(file, "utf8").catch(() => "")).trim();
  const several = secretKeys.length > 1 ? `, ${secretKeys.length} keys: the first seals, all open` : "";
  if (generated !== secretKeys.join(",")) return ok("ACCOLADE_SECRET_KEY", `from the environment${several}`);
  return ok(
    "ACCOLADE_SECRET_KEY",
    `not set, so a generated one is used: back up ${file} together with the database, or codes and tokens cannot be read again`,
  );
};
