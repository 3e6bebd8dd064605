/** Requests as HubSpot and Salesforce send them, signed for an address, with as many changes in each as asked for. */

import type { FactValue } from "../../src/events.ts";
import type { Dialect } from "../../src/simulate/dialect.ts";
import { hubspotDialect } from "../../src/simulate/hubspot.ts";
import { createIds } from "../../src/simulate/ids.ts";
import { salesforceDialect } from "../../src/simulate/salesforce.ts";
import { SECRET } from "./server.ts";

export interface PackedRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export const ORG = "00Dxx0000001gPLEAY";
export const SECRET_PATH = "a-secret-address-of-a-bench-0123456789";
export const connections = `  hub: { connector: hubspot, clientSecret: ${SECRET} }
  sales: { connector: salesforce, orgId: ${ORG}, secretPath: ${SECRET_PATH} }
`;

/** `size`: events of a HubSpot batch, notifications of a Salesforce message. `at`: when the changes happened, ms since 1970. */
export const packRequests = (
  crm: "hub" | "sales",
  { url, size, count, at, run }: { url: string; size: number; count: number; at: number; run: string },
): PackedRequest[] => {
  const ids = createIds(run);
  const dialect =
    crm === "hub"
      ? hubspotDialect({ clientSecret: SECRET }, ids)
      : salesforceDialect({ orgId: ORG, secretPath: SECRET_PATH }, ids);
  if ("cannot" in dialect) throw new Error(dialect.cannot);
  const path = `/webhooks/${crm}${dialect.path}`;
  return Array.from({ length: count }, () => {
    const events = Array.from({ length: size }, () => ({ event: changeOf(dialect, crm, at), attempt: 0 }));
    return { path, ...dialect.pack(events, url + path, new Date(at)) };
  });
};

/** One property of a deal; a Salesforce message carries the whole record with it. */
const changeOf = (dialect: Dialect, connection: string, at: number) => {
  const record = { connection, kind: "deal", id: dialect.newId("deal") } as const;
  const values = [["amount", 12_500]] as const;
  const known = new Map<string, FactValue>([["status", "open"], ["stage", dialect.stages.open[0]], ...values]);
  const [event] = dialect.say({ record, at, values, first: false, late: 0 }, known);
  if (!event) throw new Error("the change of an amount is told by no event");
  return event;
};
