/**
 * Lives of deals as HubSpot tells of them: ten events each, in deliveries of a hundred, many lives at the same time. Every
 * second deal is won for so much that the rule of `workspace.ts` rewards it: five events in a hundred match a rule.
 */
import type { FactValue } from "../../src/events.ts";
import { hubspotDialect } from "../../src/simulate/hubspot.ts";
import { createIds } from "../../src/simulate/ids.ts";
import type { PackedRequest } from "./requests.ts";
import { SECRET } from "./server.ts";

export const EVENTS_OF_A_DEAL = 10;
export const EVENTS_OF_A_DELIVERY = 100;
export const OWNERS = 50;
export const FIRST_OWNER = 1_001;
/** A win of this much is rewarded. */
export const REWARDED_FROM = 20_000;

const DAY_MS = 86_400_000;
/** So many deals are born together, and so many such groups later they are told of again. */
const TOGETHER = 20;
const APART = 3;

type Values = readonly (readonly [field: string, value: FactValue])[];

/** `first`: number of the first deal, so that others may follow. `until`: all of it happened before, ms since 1970. */
export interface Lives {
  url: string;
  first: number;
  deals: number;
  until: number;
}

export const dealId = (deal: number): string => String(7_000_000_000 + deal);
export const isRewarded = (deal: number): boolean => deal % 2 === 0;

/** What was saved of a deal, with the day of its life. */
const savesOf = (deal: number): { day: number; values: Values }[] => {
  const won = deal % 4 !== 3;
  const amount = isRewarded(deal) ? REWARDED_FROM + ((deal * 37) % 60_000) : 500 + ((deal * 13) % 9_000);
  const owner = String(FIRST_OWNER + (deal % OWNERS));
  return [
    {
      day: 0,
      values: [
        ["name", `Deal ${deal % 1_000}`],
        ["amount", amount + 500],
        ["owner", owner],
        ["stage", "appointmentscheduled"],
      ],
    },
    { day: 2, values: [["stage", "qualifiedtobuy"]] },
    { day: 5, values: [["stage", "presentationscheduled"]] },
    { day: 8, values: [["amount", amount]] },
    {
      day: 12,
      values: [
        ["stage", won ? "closedwon" : "closedlost"],
        ["close_date", "2026-12-01"],
      ],
    },
  ];
};

/** Signed now, for this address. */
export const lifeRequests = ({ url, first, deals, until }: Lives): PackedRequest[] => {
  const saves = Array.from({ length: deals }, (_, index) => first + index).flatMap((deal) =>
    savesOf(deal).map(({ day, values }, place) => ({
      deal,
      at: until - 20 * DAY_MS - (deal % 1_000) * 60_000 + day * DAY_MS,
      values,
      place,
      turn: Math.floor((deal - first) / TOGETHER) + place * APART,
    })),
  );
  saves.sort((a, b) => a.turn - b.turn);
  return packed(
    url,
    first,
    saves.map(({ deal, at, values, place }) => ({ deal, at, values, first: place === 0 })),
  );
};

/** One more event of each of these deals, some time after their end: their amount is another one. */
export const amountRequests = (url: string, deals: readonly number[], at: number): PackedRequest[] =>
  packed(
    url,
    at,
    deals.map((deal) => ({ deal, at, values: [["amount", REWARDED_FROM + 100_000 + (deal % 1_000)]], first: false })),
  );

/** Deals that are created as won, in one save, each in a delivery of its own: each is rewarded. */
export const winRequests = (url: string, first: number, deals: number, at: number): PackedRequest[] =>
  packed(
    url,
    first,
    Array.from({ length: deals }, (_, index) => first + index).map((deal) => ({
      deal,
      at,
      values: [
        ["name", `Deal ${deal}`],
        ["amount", REWARDED_FROM + (deal % 60_000)],
        ["owner", String(FIRST_OWNER + (deal % OWNERS))],
        ["stage", "closedwon"],
      ],
      first: true,
    })),
    5,
  );

const packed = (
  url: string,
  run: number,
  saves: readonly { deal: number; at: number; values: Values; first: boolean }[],
  inOne = EVENTS_OF_A_DELIVERY,
): PackedRequest[] => {
  const dialect = hubspotDialect({ clientSecret: SECRET }, createIds(String(run)));
  if ("cannot" in dialect) throw new Error(dialect.cannot);
  const events = saves.flatMap(({ deal, ...save }) => {
    const record = { connection: "hub", kind: "deal", id: dealId(deal) } as const;
    return dialect.say({ ...save, record, late: 0 }, new Map()).map((event) => ({ event, attempt: 0 }));
  });
  const requests: PackedRequest[] = [];
  for (let at = 0; at < events.length; at += inOne)
    requests.push({
      path: "/webhooks/hub",
      ...dialect.pack(events.slice(at, at + inOne), `${url}/webhooks/hub`, new Date()),
    });
  return requests;
};
