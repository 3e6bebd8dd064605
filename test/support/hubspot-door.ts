/** Sends HubSpot batches to a bench, signed as HubSpot signs them. */
import { sign } from "./sign-hubspot.ts";
import { type Bench, PUBLIC_URL } from "./workspace.ts";

export const CLIENT_SECRET = "3f1b2c4d-0000-4000-8000-1a2b3c4d5e6f";

export type HubSpotEvent = Record<string, unknown>;

let nextEvent = 1;
/** What every event of a HubSpot app carries. */
export const hubspotEvent = (fields: HubSpotEvent): HubSpotEvent => ({
  eventId: nextEvent++,
  subscriptionId: 7,
  portalId: 62_515,
  appId: 54_321,
  changeSource: "CRM_UI",
  attemptNumber: 0,
  ...fields,
});

export const signedBatch = (connection: string, events: readonly HubSpotEvent[], now: Date, rest = "") => {
  const body = Buffer.from(JSON.stringify(events));
  const url = `${PUBLIC_URL}/webhooks/${connection}${rest ? `/${rest}` : ""}`;
  const headers = sign({ method: "POST", url, rest, body, now }, { clientSecret: CLIENT_SECRET, signatures: ["v3"] });
  return { method: "POST", url, rest, headers, body };
};

/** One delivery, through accept; throws where it is refused. */
export const deliver = async (bench: Bench, connection: string, events: readonly HubSpotEvent[]): Promise<void> => {
  const answer = await bench.accept(connection, signedBatch(connection, events, bench.opened.corridor.now()));
  if (!("status" in answer) || answer.status >= 300) throw new Error(`not accepted: ${JSON.stringify(answer)}`);
};
