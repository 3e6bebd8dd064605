/** Writes docs/configuration.md from the declarations that check the configuration: `npm run docs`. A test compares the two. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { connectors } from "../connectors/index.ts";
import { senders } from "../src/channels/index.ts";
import { Environment } from "../src/config.ts";
import { CelebrationEntry, ChannelEntry, Wall } from "../src/config-channels.ts";
import { Server, Workspace } from "../src/config-file.ts";
import { BrakeEntry, TaxEntry } from "../src/config-money.ts";
import { WebhookEntry } from "../src/config-webhooks.ts";
import { Person } from "../src/people/people-file.ts";
import { providerKinds } from "../src/rewards/index.ts";
import { UserEntry } from "../src/users.ts";

/** As much of JSON Schema as zod writes for our declarations. */
interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
}

interface Row {
  key: string;
  kind: string;
  fallback: string;
  says: string;
}

const schemaOf = (declared: z.ZodType): Schema =>
  z.toJSONSchema(declared, {
    io: "input",
    unrepresentable: "any",
    // zod leaves out a default that stands behind a transformation
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default ??= def.defaultValue;
    },
  }) as Schema;

const kindOf = (schema: Schema): string => {
  const { type, enum: values, anyOf, items, additionalProperties, properties, format } = schema;
  if (values) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (anyOf) return [...new Set(anyOf.map(kindOf))].join(" or ");
  if (type === "array") return `list of ${items ? kindOf(items) : "values"}`;
  if (properties) return "map";
  if (type === "object")
    return `map of ${schema.propertyNames?.enum ? kindOf(schema.propertyNames) : "name"} to ${typeof additionalProperties === "object" ? kindOf(additionalProperties) : "value"}`;
  if (format === "uri") return "URL";
  if (format === "email") return "email address";
  return type === "integer" || type === "number" ? "number" : type === "boolean" ? "true or false" : "text";
};

/** The alternatives of a union of maps as one map: required is what all of them require. */
const merged = (schema: Schema): Schema => {
  const maps = schema.anyOf ?? schema.oneOf ?? [];
  if (maps.length === 0 || maps.some(({ properties }) => !properties)) return schema;
  const required = maps.map((map) => map.required ?? []);
  return {
    ...schema,
    properties: Object.assign({}, ...maps.map(({ properties }) => properties), told(maps)),
    required: (required[0] ?? []).filter((key) => required.every((keys) => keys.includes(key))),
  };
};

/** The keys that tell the alternatives apart, with every value that one of them has. */
const told = (maps: readonly Schema[]): Record<string, Schema> => {
  const names = Object.keys(maps[0]?.properties ?? {}).filter((name) =>
    maps.every(({ properties }) => properties?.[name]?.const !== undefined),
  );
  return Object.fromEntries(
    names.map((name) => {
      const first = maps[0]?.properties?.[name];
      const says = first?.description === undefined ? {} : { description: first.description };
      return [name, { ...says, enum: maps.map(({ properties }) => properties?.[name]?.const) }];
    }),
  );
};

const fallbackOf = ({ default: fallback }: Schema, required: boolean): string => {
  if (Array.isArray(fallback)) return `\`[${fallback.join(", ")}]\``;
  // what stands in a map is told by its description
  if (fallback !== undefined && typeof fallback !== "object") return `\`${String(fallback)}\``;
  return required ? "**required**" : "";
};

const rowsOf = (declared: Schema, secrets: readonly string[] = [], above = ""): Row[] => {
  const { properties = {}, required = [] } = merged(declared);
  return Object.entries(properties).flatMap(([name, inner]) => {
    const key = above + name;
    const secret = secrets.includes(key) ? " Secret." : "";
    const whole = merged(inner);
    const map = whole.properties !== undefined || inner.items?.properties !== undefined;
    const row = {
      key,
      kind: map ? (inner.items ? "list of maps" : "map") : kindOf(inner),
      fallback: fallbackOf(inner, required.includes(name)),
      says: `${(inner.description ?? "").replace(/\.$/, "")}${inner.description ? "." : ""}${secret}`.trim(),
    };
    return [row, ...rowsOf(inner.items ?? whole, secrets, `${key}${inner.items ? "[]" : ""}.`)];
  });
};

const table = (rows: readonly Row[]): string =>
  [
    "| key | value | default | what it means |",
    "|---|---|---|---|",
    ...rows
      .map(({ key, kind, fallback, says }) =>
        [`\`${key}\``, kind, fallback, plain(says)].map((cell) => ` ${cell} `).join("|"),
      )
      .map((line) => `|${line}|`),
  ].join("\n");

/** `<…>` outside of code would be taken for a tag. */
const plain = (text: string) =>
  text
    .replaceAll("|", "\\|")
    .replace(
      /(`[^`]*`)|\S*<[^<>\s]+>[^\s.,;]*(?:\.[^\s.,;]+)*/g,
      (whole, code: string | undefined) => code ?? `\`${whole}\``,
    );

const section = (title: string, declared: z.ZodType, secrets: readonly string[] = []): string => {
  const rows = rowsOf(schemaOf(declared), secrets);
  return `${title}\n\n${rows.length === 0 ? "No further keys." : table(rows)}\n`;
};

/** The whole page, as it must be in the file. */
export const configurationPage = (): string => `# Configuration

Written from the declarations in the code by \`npm run docs\`: do not edit it here. What each part is for is in
[get-started.md](get-started.md), [channels.md](channels.md), [rewards.md](rewards.md) and [write-rules.md](write-rules.md);
[accolade.example.yaml](accolade.example.yaml) has every part once. \`accolade doctor\` checks it all.

## Environment

All of them can be left out.

${table(rowsOf(schemaOf(Environment)))}

\`ACCOLADE_SECRET_KEY\` seals reward codes and tokens in the database and signs claim links: at least 32 random characters
(\`openssl rand -base64 32\`). Where it is not set, a key is generated in \`.accolade/secret-key\`. Several keys are separated by
commas, newest first, while one replaces another: see [operate.md](operate.md).

\`DATABASE_URL\`, \`REDIS_URL\`, \`ACCOLADE_SECRET_KEY\` and every variable that \`accolade.yaml\` refers to can come from a file instead:
with \`_FILE\` at the end of the name, as in \`ACCOLADE_SECRET_KEY_FILE=/run/secrets/accolade\`.

## accolade.yaml

\`\${NAME}\` in any value is replaced by the environment variable \`NAME\`, or by the content of the file that \`NAME_FILE\` names. Write
secrets only in this way. Keys that are not listed here are refused, with the place.

| key | value | what it means |
|---|---|---|
| \`workspace\` | map | Who you are: see below. |
| \`server\` | map | What stands around the server: see below. |
| \`connections\` | map of name to connection | One for each CRM account. The name stands in its webhook URL: lower-case letters, digits and dashes. |
| \`providers\` | map of name to provider | Who supplies rewards. The name is what rewards in \`rules/\` refer to. |
| \`channels\` | map | How recipients are told: \`email\`, \`sms\`, \`whatsapp\`, \`slack\`, \`teams\`, \`push\`. |
| \`celebrations\` | map of name to place | Where teams read of rewards: see below and [channels.md](channels.md). |
| \`wall\` | map | What the page for a television shows: see below and [wall.md](wall.md). |
| \`webhooks\` | list of maps | Whom Accolade tells of what happens: see below and [webhooks-out.md](webhooks-out.md). |
| \`brake\` | map | Stops all sending where far more is granted than usual: see below and [money.md](money.md). Left out: nothing brakes. |
| \`tax\` | map | What is reported of customers: see below and [money.md](money.md). |
| \`users\` | list of maps | Who may use the admin API and decide approvals: see below and [approvals.md](approvals.md). |
| \`people\` | text | Path of \`people.yaml\`, from the folder of this file. |
| \`templates\` | text | Folder of your own message templates, from the folder of this file; see [channels.md](channels.md). |

${section("### workspace", Workspace)}
${section("### server", Server)}
${section("### webhooks", WebhookEntry)}
${section("### brake", BrakeEntry)}
${section("### tax", TaxEntry)}
${section("### users", UserEntry, ["token"])}
${connectors
  .map(({ id, label, settings, secrets }) =>
    section(
      `### connections: ${label}\n\n\`connector: ${id}\`. How to connect: [connect-${id}.md](connect-${id}.md).`,
      settings,
      secrets,
    ),
  )
  .join("\n")}
${providerKinds
  .map(({ id, label, settings, secrets, options }) => {
    const rows = rowsOf(schemaOf(options));
    const inRules = rows.length === 0 ? "" : `\nKeys of a reward in \`rules/\` that comes from it:\n\n${table(rows)}\n`;
    return section(`### providers: ${label}\n\n\`provider: ${id}\`.`, settings, secrets) + inRules;
  })
  .join("\n")}
${section("### channels\n\nWhat each can have beside the keys of its sender.", ChannelEntry)}
${section("### celebrations\n\nThe same for a place where a team reads of its rewards.", CelebrationEntry)}
${section("### wall", Wall)}
${senders
  .map(({ id, label, carries, settings, secrets }) =>
    section(
      `### channels: ${label}\n\n\`sender: ${id}\`, for ${carries.map((carried) => (carried === "celebration" ? "celebrations" : `\`${carried}\``)).join(", ")}.`,
      settings,
      secrets,
    ),
  )
  .join("\n")}
## people.yaml

What the CRM does not know of its users. Entries stand in a list under \`people:\`, and are joined to the CRM's users by email address.

${table(rowsOf(schemaOf(Person)))}
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const page = path.resolve(import.meta.dirname, "..", "docs", "configuration.md");
  writeFileSync(page, configurationPage());
}
