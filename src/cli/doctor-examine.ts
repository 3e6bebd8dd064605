import type { Config } from "../config.ts";
import { redactText } from "../redact.ts";
import { checkConfiguration, secretKeyLine } from "./doctor-configuration.ts";
import { checkDatabase } from "./doctor-database.ts";
import { type Line, lookedAt, type Section, skipped } from "./doctor-line.ts";
import { checkMoney } from "./doctor-money.ts";
import { checkQueue } from "./doctor-queue.ts";
import { checkPeople, checkRules } from "./doctor-rules.ts";
import { checkChannels, checkConnections, checkProviders } from "./doctor-vendors.ts";
import { checkWebhooks } from "./doctor-webhooks.ts";

/** What to enter in one CRM. */
interface Steps {
  connection: string;
  /** The CRM's name: "HubSpot". */
  label: string;
  lines: string[];
}

/** Looks at every part; each section is handed to `done` as soon as it and those before it are there. */
export const examine = async (done: (section: Section) => void): Promise<{ sections: Section[]; steps: Steps[] }> => {
  const sections: Section[] = [];
  const { lines, config, whole } = await checkConfiguration();
  const say = (title: string, found: readonly Line[]) => {
    const section = { title, lines: found.map((line) => withoutSecrets(line, config?.secrets ?? [])) };
    sections.push(section);
    done(section);
  };
  say("Configuration", lines);
  if (!config) {
    say("The rest", [skipped("everything else", "not looked at: it needs the environment in order")]);
    return { sections, steps: [] };
  }
  const broken = async () => [skipped("not looked at", "it needs accolade.yaml in order")];
  const ifWhole = (look: () => Promise<Line[]>) => (whole ? look() : broken());

  const rules = ifWhole(() => lookedAt("rules", () => checkRules(config)));
  const people = ifWhole(() => lookedAt("people", () => checkPeople(config)));
  const found = await checkDatabase(config);
  try {
    const around = { config, database: found.migrated ? found.database : null };
    const parts: [string, Promise<Line[]>][] = [
      ["Secrets", secretKeyLine(config).then((line) => [line])],
      ["Database", Promise.resolve(found.lines)],
      ["Queue", lookedAt("queue", () => checkQueue(config, found.database))],
      ["Rules", rules],
      ["People", people],
      ["Connections", ifWhole(() => checkConnections(around))],
      ["Rewards", ifWhole(() => checkProviders(around))],
      ["Channels", ifWhole(() => checkChannels(around))],
      [
        "Webhooks",
        config.webhooks.size === 0
          ? Promise.resolve([])
          : ifWhole(() => lookedAt("webhooks", () => checkWebhooks(config, around.database))),
      ],
      ["Money", lookedAt("money", () => checkMoney(config, around.database))],
    ];
    for (const [title, part] of parts) {
      const shown = await part;
      if (shown.length > 0) say(title, shown);
    }
  } finally {
    await found.close();
  }
  return { sections, steps: whole ? setUpSteps(config) : [] };
};

const withoutSecrets = (line: Line, secrets: readonly string[]): Line => {
  const clean = { ...line, what: redactText(line.what, secrets) };
  if (clean.found !== undefined) clean.found = redactText(clean.found, secrets);
  if ("todo" in clean && clean.todo !== undefined) clean.todo = redactText(clean.todo, secrets);
  return clean;
};

/** What to enter in each CRM, with its exact URL. Salesforce's holds a secret path: it is meant to be copied from here. */
const setUpSteps = ({ connections, publicUrl, sandbox }: Config): Steps[] =>
  sandbox
    ? []
    : [...connections.values()].map((connection) => ({
        connection: connection.id,
        label: connection.connector.label,
        lines: connection.setUp(`${publicUrl}/webhooks/${connection.id}`),
      }));
