import type { Config } from "../config.ts";
import type { Dialect, DialectRefused } from "./dialect.ts";
import { hubspotDialect } from "./hubspot.ts";
import type { Ids } from "./ids.ts";
import { salesforceDialect } from "./salesforce.ts";
import { webhookDialect } from "./webhook.ts";

/** By connector id. To simulate another CRM: its file, and its line here. */
const dialects: Readonly<Record<string, (settings: unknown, ids: Ids) => Dialect | DialectRefused>> = {
  hubspot: hubspotDialect,
  salesforce: salesforceDialect,
  webhook: webhookDialect,
};

export interface Played {
  /** By connection. */
  dialects: Map<string, Dialect>;
  /** Connections that are not played, each with its reason. */
  leftOut: Map<string, string>;
}

/** The dialect of every connection that made-up records can be sent over. */
export const dialectsOf = ({ connections, connectionSettings }: Config, ids: Ids): Played => {
  const played: Played = { dialects: new Map(), leftOut: new Map() };
  for (const [id, { connector }] of connections) {
    const dialect = dialects[connector.id]?.(connectionSettings.get(id), ids) ?? {
      cannot: `\`simulate\` does not speak ${connector.label}`,
    };
    if ("cannot" in dialect) played.leftOut.set(id, dialect.cannot);
    else played.dialects.set(id, dialect);
  }
  return played;
};
