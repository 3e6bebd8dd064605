/** Every connector, by hand. To add one: its folder, and its line in `connectors`. */
import type {
  Check,
  Connector,
  Delivery,
  RawRequest,
  Reader,
  Refused,
  Surroundings,
  Unpacked,
  Verified,
} from "./connector.ts";
import { hubspot } from "./hubspot/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { webhook } from "./webhook/index.ts";
import type { Writer } from "./write-back.ts";

/** One connection of accolade.yaml: its connector with its settings inside, so that nobody else needs their type. */
export interface Connection {
  id: string;
  connector: ListedConnector;
  verify(request: RawRequest, now: Date): Verified | Refused;
  /** What the CRM wants back once the row is committed: 202 and empty, unless the connector says otherwise. */
  answer(delivery: Verified): { status: number; contentType: string; body: string };
  unpack(delivery: Delivery): Unpacked[];
  /** Null: this connection is not read, its deliveries must be whole. */
  reader(around: Surroundings): Reader | null;
  /** Null: nothing is written into this CRM. */
  writer(around: Surroundings): Writer | null;
  check(around: Surroundings): Promise<Check[]>;
  /** `webhookUrl` is PUBLIC_URL with `/webhooks/{connection}`. */
  setUp(webhookUrl: string): string[];
}

/** What is wrong with the settings of a connection: `at` is the path below the connection, `[]` for all of it. */
export interface SettingsProblem {
  at: (string | number)[];
  message: string;
}

export interface ListedConnector {
  id: string;
  label: string;
  /** The schema itself, for the JSON Schema of accolade.yaml. */
  settings: Connector["settings"];
  /** Names of settings that are secret, for masking; a dot reaches into an object: `api.clientSecret`. */
  secrets: readonly string[];
  /** Parses what stands under `connections.<connectionId>`, without its `connector:` key. */
  open(connectionId: string, rawSettings: unknown): { connection: Connection } | { problems: SettingsProblem[] };
}

const listed = <S>(connector: Connector<S>): ListedConnector => {
  const entry: ListedConnector = {
    id: connector.id,
    label: connector.label,
    settings: connector.settings,
    secrets: connector.secrets,
    open: (connectionId, rawSettings) => {
      const parsed = connector.settings.safeParse(rawSettings);
      if (!parsed.success) return { problems: parsed.error.issues.map(problemOf) };
      return { connection: bind(entry, connector, connectionId, parsed.data) };
    },
  };
  return entry;
};

const problemOf = (issue: { path: PropertyKey[]; message: string }): SettingsProblem => ({
  at: issue.path.map((part) => (typeof part === "number" ? part : String(part))),
  message: issue.message,
});

const bind = <S>(entry: ListedConnector, connector: Connector<S>, id: string, settings: S): Connection => ({
  id,
  connector: entry,
  verify: (request, now) => connector.verify(request, settings, now),
  answer: (delivery) => connector.answer?.(delivery) ?? { status: 202, contentType: "text/plain", body: "" },
  unpack: (delivery) => connector.unpack(delivery, settings),
  reader: (around) => connector.reader?.(settings, around) ?? null,
  writer: (around) => connector.writer?.(settings, around) ?? null,
  check: async (around) => (await connector.check?.(settings, around)) ?? [],
  setUp: (webhookUrl) => connector.setUp(settings, webhookUrl),
});

export const connectors: readonly ListedConnector[] = [listed(hubspot), listed(salesforce), listed(webhook)];

/** Undefined for a name that is not on the list. */
export const connectorById = (id: string): ListedConnector | undefined =>
  connectors.find((connector) => connector.id === id);
