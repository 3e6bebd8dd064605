/**
 * The first thing that a newcomer sees: a deal won in HubSpot, two opportunities closed in Salesforce, and a newsletter's
 * new subscriber. Sent to the server's own HTTP door, signed and shaped as the two CRMs would.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { type Journey, journeysSince, type Quiet, quietSince } from "../pipeline/journey.ts";
import type { WireEvent } from "./dialect.ts";
import { dialectsOf } from "./dialects.ts";
import { createIds } from "./ids.ts";
import { post } from "./post.ts";
import { stockPool } from "./stock.ts";
import type { StoryRecord, Values } from "./story.ts";
import { isEmpty, untilWorkedOff } from "./worked-off.ts";

export interface Scene {
  journeys: Journey[];
  quiet: Quiet[];
}

const DAY_MS = 86_400_000;
const CODES = 25;

/** Whether nothing ever came in: the scene is played once. */
export const isUntouched = async ({ database }: Corridor): Promise<boolean> =>
  (await database.row("select from inbox limit 1")) === undefined;

/** Plays it, and waits for what comes of it. Undefined where the sandbox is not as it was: nothing is played. */
export const playScene = async (corridor: Corridor, config: Config, port: number): Promise<Scene | undefined> => {
  const since = corridor.now();
  const ids = createIds(`scene/${since.getTime()}`);
  const { dialects } = dialectsOf(config, ids);
  const [hubspot, salesforce] = ["hubspot-sandbox", "salesforce-sandbox"].map((id) => dialects.get(id));
  if (!hubspot || !salesforce) return undefined;
  await stockPool(corridor, "welcome", CODES);

  const at = since.getTime();
  const daysAgo = (days: number) => new Date(at - days * DAY_MS).toISOString();
  const today = daysAgo(0).slice(0, 10);
  const save = (
    dialect: typeof hubspot,
    connection: string,
    kind: StoryRecord["kind"],
    values: Values,
  ): WireEvent[] => {
    const record = { connection, kind, id: dialect.newId(kind) };
    return dialect.say({ record, at, values, first: true, late: 0 }, new Map(values));
  };
  const opportunity = (name: string, amount: number, owner: string, days: number, status: "won" | "lost") =>
    save(salesforce, "salesforce-sandbox", "deal", [
      ["name", name],
      ["amount", amount],
      ["owner", owner],
      ["created_at", daysAgo(days)],
      ["close_date", today],
      ["stage", salesforce.stages[status]],
      ["status", status],
    ]);
  const requests: [typeof hubspot, string, WireEvent[]][] = [
    [
      hubspot,
      "hubspot-sandbox",
      save(hubspot, "hubspot-sandbox", "deal", [
        ["name", "Rossi"],
        ["amount", 62_000],
        ["owner", "77"],
        ["created_at", daysAgo(41)],
        ["stage", hubspot.stages.won],
        ["status", "won"],
        ["close_date", today],
      ]),
    ],
    [
      salesforce,
      "salesforce-sandbox",
      [
        ...opportunity("Harbour Foods", 18_500, "005xx000001SvkBAAS", 24, "won"),
        ...opportunity("Brandt", 33_000, "005xx000001SvkCAAS", 60, "lost"),
      ],
    ],
    [
      hubspot,
      "hubspot-sandbox",
      save(hubspot, "hubspot-sandbox", "contact", [
        ["email", "marta.conti@customers.example"],
        ["first_name", "Marta"],
        ["last_name", "Conti"],
        ["language", "it"],
        ["subscribed", true],
      ]),
    ],
  ];
  for (const [dialect, connection, events] of requests) {
    const path = `/webhooks/${connection}${dialect.path}`;
    const once = events.map((event) => ({ event, attempt: 0 }));
    const pack = () => dialect.pack(once, config.publicUrl + path, new Date());
    const posted = await post(`http://127.0.0.1:${port}${path}`, pack, 5_000, sleep);
    if (!posted.taken) return undefined;
  }
  const left = await untilWorkedOff(corridor.database, since, { patienceMs: 10_000, everyMs: 25 });
  if (!isEmpty(left)) corridor.log.warn("scene", { left });
  return {
    journeys: await journeysSince(corridor, since),
    quiet: await quietSince(corridor, since, ["deal.won", "deal.lost", "contact.subscribed"]),
  };
};
