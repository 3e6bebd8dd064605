/** accolade.yaml: read with places, `${NAME}` references filled in, every part checked by whoever owns it. */
import { z } from "zod";
import { type Connection, connectorById, connectors } from "../connectors/index.ts";
import { type ChannelName, channelNames } from "./channels/index.ts";
import {
  CelebrationEntry,
  ChannelEntry,
  readChannel,
  Wall,
  type WrittenCelebration,
  type WrittenChannel,
} from "./config-channels.ts";
import { type Brake, BrakeEntry, type Tax, TaxEntry } from "./config-money.ts";
import { type Endpoint, WebhookEntry } from "./config-webhooks.ts";
import { requiredFields } from "./metrics/index.ts";
import { exponentOf } from "./money.ts";
import { TIME_OF_DAY } from "./people/quiet-hours.ts";
import { providerKind, providerKinds } from "./rewards/index.ts";
import { digestOf, SHORTEST_TOKEN, type User, UserEntry } from "./users.ts";
import { report, reportIssues } from "./yaml/issues.ts";
import { inOrder, inWords, type Problem } from "./yaml/problem.ts";
import { readYaml, type Spot } from "./yaml/yaml-source.ts";

/** The parts of accolade.yaml, checked. Providers and senders keep their own settings as written, for their kind to parse. */
export interface ConfigFile {
  workspace: z.infer<typeof Workspace>;
  connections: Map<string, Connection>;
  /** As written, references filled in: for `simulate`, which signs as the CRM would. */
  connectionSettings: Map<string, unknown>;
  providers: Map<string, { kind: string; settings: unknown }>;
  channels: Map<ChannelName, WrittenChannel>;
  /** Where teams read of rewards, by name. */
  celebrations: Map<string, WrittenCelebration>;
  wall: z.infer<typeof Wall>;
  /** Whom we tell of what happens here, by id. */
  webhooks: Map<string, Endpoint>;
  server: z.infer<typeof Server>;
  /** Null: nothing brakes. */
  brake: Brake | null;
  tax: Tax;
  users: User[];
  /** Paths as written, relative to the file. */
  people: string | null;
  templates: string | null;
  /** Every value that came from a reference: to be struck out of logs. */
  secrets: string[];
}

const currency = z
  .string()
  .refine((code) => exponentOf(code) !== undefined && code !== "PTS", "expected an ISO 4217 code, such as EUR");

const datedRates = z
  .array(z.strictObject({ from: z.iso.date("expected a day, such as 2026-01-01"), rate: z.number().positive() }))
  .min(1)
  .transform((rates) => rates.toSorted((a, b) => (a.from < b.from ? -1 : 1)));

const timeOfDay = z.string().regex(TIME_OF_DAY, 'expected a time of day in quotes, such as "09:00"');

const QuietHoursEntry = z
  .union(
    [
      z.literal("off"),
      z
        .strictObject({ from: timeOfDay, until: timeOfDay })
        .refine(({ from, until }) => from !== until, "expected two times that differ; `off` for no quiet hours"),
    ],
    'expected off, or two times such as { from: "20:00", until: "09:00" }',
  )
  .default({ from: "20:00", until: "09:00" });

/** `UK` and other names that stand for a code are none. */
const isCountry = (code: string): boolean =>
  /^[A-Z]{2}$/.test(code) &&
  new Intl.Locale(`und-${code}`).region === code &&
  new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(code) !== undefined;

export const Workspace = z.strictObject({
  name: z.string().min(1).max(80).default("Accolade").describe("What recipients see as the sender of rewards"),
  currency: currency.default("EUR").describe("Amounts in rules are in this currency: ISO 4217"),
  timeZone: z
    .string()
    .refine(
      (zone) => zone === "UTC" || Intl.supportedValuesOf("timeZone").includes(zone),
      "expected an IANA time zone, such as Europe/Rome",
    )
    .default("UTC")
    .describe("IANA name; dates in rules begin at midnight there"),
  country: z
    .string()
    .refine(isCountry, "expected an ISO 3166-1 code, such as IT")
    .optional()
    .describe(
      "For telephone numbers of the CRM without a country code, of people whose own country is not known: ISO 3166-1, such as IT. Left out: the country of timeZone, where that lies in one",
    ),
  language: z.enum(["en", "it"]).default("en").describe("For people whose language is not known: en or it"),
  rates: z
    .record(currency, z.union([z.number().positive(), datedRates], "expected a number, or a list of { from, rate }"))
    .default({})
    .describe(
      "What one unit of another currency is worth in the workspace currency: { USD: 0.92 }, or dated: { USD: [{ from: 2026-01-01, rate: 0.92 }] }. The rate of a day is the newest that began by then; the first holds for the time before",
    ),
  disputeDays: z
    .number()
    .int()
    .min(0)
    .max(365)
    .default(30)
    .describe("For how many days a recipient can dispute a reward on their page; 0: not at all"),
  quietHours: QuietHoursEntry.describe(
    'When nobody is written to, in each recipient\'s own time zone: `{ from: "20:00", until: "09:00" }`, or `off`. What falls into them is sent when they end',
  ),
  required: z
    .partialRecord(z.enum(["deal", "contact", "company", "lead"]), z.array(z.string().min(1)))
    .default({})
    .transform((given) => ({ ...requiredFields, ...given }))
    .describe(
      "Fields that a record should have filled, by kind, for the metric record_completeness; a kind that is not listed keeps those that docs/metrics.md says",
    ),
});

export const Server = z.strictObject({
  proxies: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe("How many reverse proxies stand in front: their X-Forwarded-For tells callers apart. 0: none"),
  mostWaiting: z
    .number()
    .int()
    .min(100)
    .default(100_000)
    .describe(
      "How many deliveries and events may wait to be decided; beyond it webhooks get a 503 with Retry-After, and CRMs send them again",
    ),
});

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "expected lower-case letters, digits and dashes");

const Top = z.strictObject({
  workspace: Workspace.prefault({}),
  connections: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "expected lower-case letters, digits and dashes"),
      z.looseObject({ connector: z.string() }),
    )
    .default({}),
  providers: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "expected lower-case letters, digits and dashes"),
      z.looseObject({ provider: z.string() }),
    )
    .default({}),
  channels: z.partialRecord(z.enum(channelNames), z.looseObject(ChannelEntry.shape)).default({}),
  celebrations: z.record(name, z.looseObject(CelebrationEntry.shape)).default({}),
  wall: Wall.prefault({}),
  webhooks: z.array(WebhookEntry).default([]),
  server: Server.prefault({}),
  brake: BrakeEntry.optional(),
  tax: TaxEntry.prefault({ thresholds: {} }),
  users: z.array(UserEntry).default([]),
  people: z.string().optional(),
  templates: z.string().optional(),
});

type Lookup = (name: string) => string | undefined;

/** Reads the text of accolade.yaml. `lookup` gives the value behind a `${NAME}`. Reports every problem with its place. */
export const readConfigFile = (
  file: string,
  text: string,
  lookup: Lookup,
): { ok: true; value: ConfigFile } | { ok: false; problems: Problem[] } => {
  const findings = { problems: [] as Problem[], warnings: [] as Problem[] };
  const spot = readYaml({ file, text }, findings);
  if (!spot) return { ok: false, problems: findings.problems };
  const secrets: string[] = [];
  const filled = fill(spot, spot.value ?? {}, lookup, secrets);
  const top = Top.safeParse(filled);
  if (!top.success) reportIssues(spot, top.error.issues);
  if (findings.problems.length > 0 || !top.success) return { ok: false, problems: inOrder(findings.problems) };

  const { workspace, wall, server, brake, tax, people, templates } = top.data;
  if (brake && brake.least.currency !== workspace.currency)
    spot
      .child("brake")
      .child("least")
      .problem(`an amount in ${brake.least.currency}`, `one in the workspace currency, ${workspace.currency}`);
  const value: ConfigFile = {
    workspace,
    connections: new Map(),
    connectionSettings: new Map(),
    providers: new Map(),
    channels: new Map(),
    celebrations: new Map(),
    wall,
    webhooks: new Map(),
    server,
    brake: brake ?? null,
    tax,
    users: [],
    people: people ?? null,
    templates: templates ?? null,
    secrets,
  };
  for (const [id, { connector, ...settings }] of Object.entries(top.data.connections)) {
    const at = spot.child("connections").child(id);
    const listed = connectorById(connector);
    if (!listed) {
      at.child("connector").problem(inWords(connector), `one of ${connectors.map((each) => each.id).join(", ")}`);
      continue;
    }
    value.connectionSettings.set(id, settings);
    const opened = listed.open(id, settings);
    if ("connection" in opened) value.connections.set(id, opened.connection);
    else for (const problem of opened.problems) report(at, problem.at, problem.message);
  }
  for (const [id, { provider, ...settings }] of Object.entries(top.data.providers)) {
    const at = spot.child("providers").child(id);
    const kind = providerKind(provider);
    if (channelNames.some((name) => name === id))
      at.keyProblem(
        `a provider called \`${id}\``,
        `another name: /receipts/${id} is where the channel ${id} hears from its vendor`,
      );
    const parsed = kind?.settings.safeParse(settings);
    if (!kind)
      at.child("provider").problem(inWords(provider), `one of ${providerKinds.map((each) => each.id).join(", ")}`);
    if (parsed && !parsed.success) reportIssues(at, parsed.error.issues);
    value.providers.set(id, { kind: provider, settings });
  }
  for (const [name, entry] of Object.entries(top.data.channels)) {
    const channel = channelNames.find((each) => each === name);
    if (channel && entry)
      value.channels.set(channel, readChannel(spot.child("channels").child(channel), channel, entry));
  }
  for (const [id, { team = null, language = null, ...entry }] of Object.entries(top.data.celebrations)) {
    const written = readChannel(spot.child("celebrations").child(id), "celebration", entry);
    value.celebrations.set(id, { ...written, team, language });
  }
  for (const [index, endpoint] of top.data.webhooks.entries()) {
    if (value.webhooks.has(endpoint.id))
      spot
        .child("webhooks")
        .child(index)
        .child("id")
        .problem(`${inWords(endpoint.id)} for the second time`, "each once");
    value.webhooks.set(endpoint.id, endpoint);
    secrets.push(...endpoint.secrets);
  }
  value.users = readUsers(spot.child("users"), top.data.users, secrets);
  return findings.problems.length > 0 ? { ok: false, problems: inOrder(findings.problems) } : { ok: true, value };
};

/** A token is never shown in a problem, also where it was written out instead of referred to. */
const readUsers = (spot: Spot, entries: readonly z.infer<typeof UserEntry>[], secrets: string[]): User[] => {
  const users: User[] = [];
  for (const [index, { email, name, roles, groups, token }] of entries.entries()) {
    const at = spot.child(index);
    if (users.some((user) => user.email.toLowerCase() === email.toLowerCase()))
      at.child("email").problem(`${inWords(email)} for the second time`, "each user once");
    const tokenDigest = token === undefined ? null : digestOf(token);
    if (token !== undefined && token.length < SHORTEST_TOKEN)
      at.child("token").problem(
        `a token of ${token.length} characters`,
        `at least ${SHORTEST_TOKEN} random ones (\`openssl rand -base64 32\`)`,
      );
    if (tokenDigest && users.some((user) => user.tokenDigest?.equals(tokenDigest)))
      at.child("token").problem("the token of another user", "a token of their own for each");
    if (token !== undefined) secrets.push(token);
    users.push({ email, name, roles: new Set(roles), groups: new Set(groups), tokenDigest });
  }
  return users;
};

/** `${NAME}` anywhere in a text value. What is filled in is never shown in a problem. */
const fill = (spot: Spot, value: unknown, lookup: Lookup, secrets: string[]): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => fill(spot.child(index), item, lookup, secrets));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fill(spot.child(key), item, lookup, secrets)]),
    );
  if (typeof value !== "string") return value;
  return value.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      spot.problem(`\`${whole}\``, "the name of an environment variable between the braces");
      return "";
    }
    const found = lookup(name);
    if (found === undefined || found === "") {
      spot.problem(
        `\`${whole}\`, and no such environment variable`,
        `${name} in the environment, or ${name}_FILE naming a file that holds it`,
      );
      return "";
    }
    secrets.push(found);
    return found;
  });
};
