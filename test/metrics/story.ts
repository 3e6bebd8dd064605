/** Tells stories to a bench through its webhook connection, and reads metrics as `accolade metrics show` does. */
import { allOptions, metricByName, type Of } from "../../src/metrics/index.ts";
import { showMetric } from "../../src/pipeline/show-metrics.ts";
import { parseWindow } from "../../src/windows.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { type Bench, PUBLIC_URL } from "../support/workspace.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface Told {
  type: string;
  subject: { kind: string; id: string };
  occurredAt: string;
  record?: Record<string, unknown>;
  details?: Record<string, unknown>;
  key?: string;
}

/** `deal/d1`, what happened, when, and what came with it. */
export const told = (
  record: string,
  what: string,
  occurredAt: string,
  fields: Record<string, unknown> = {},
  details?: Record<string, unknown>,
): Told => {
  const [kind = "", id = ""] = record.split("/");
  const type = what.includes(".") ? what : `${kind}.${what}`;
  return { type, subject: { kind, id }, occurredAt, record: fields, ...(details ? { details } : {}) };
};

/** One delivery; throws where it is refused. */
export const post = async (bench: Bench, events: readonly Told[], connection = "crm"): Promise<void> => {
  for (let start = 0; start < events.length; start += 100) {
    const body = JSON.stringify({ events: events.slice(start, start + 100) });
    const request = { method: "POST", url: `${PUBLIC_URL}/webhooks/${connection}`, rest: "", body: Buffer.from(body) };
    const headers = standardWebhooks({ ...request, now: bench.opened.corridor.now() }, SECRET);
    const answer = await bench.accept(connection, { ...request, headers });
    if (!("status" in answer) || answer.status >= 300) throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  }
};

export const parkedEvents = (bench: Bench) =>
  bench.opened.database.rows<{ reason: string }>("select reason from events where state = 'parked'");

/** Value, previous, change and sample of one subject; undefined where nothing was counted for it. */
export const look = async (
  bench: Bench,
  name: string,
  subject: string,
  over: string,
  day: string,
  options: Record<string, string> = {},
) => {
  const [of = "", id = ""] = subject.split("/");
  const metric = metricByName(name);
  const window = parseWindow(over);
  if (!metric || !window) throw new Error(`${name} over ${over}`);
  const shown = await showMetric(bench.opened.corridor, {
    metric,
    of: of as Of,
    over: window,
    day,
    options: allOptions(metric, options),
  });
  return shown.find((each) => of === "workspace" || each.id === id);
};
