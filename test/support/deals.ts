/** Deals as HubSpot tells of them, for tests of decisions: short to write, real on the wire. */
import { type HubSpotEvent, hubspotEvent } from "./hubspot-door.ts";

/** Milliseconds of a moment in UTC: `at("2026-11-20T09:00")`. */
export const at = (iso: string): number => Date.parse(`${iso}:00Z`);

export const set = (deal: number, when: number, name: string, value: string): HubSpotEvent =>
  hubspotEvent({
    subscriptionType: "deal.propertyChange",
    objectId: deal,
    occurredAt: when,
    propertyName: name,
    propertyValue: value,
  });

export const won = (deal: number, when: number, { amount = "5000", owner = "77" } = {}): HubSpotEvent[] => [
  set(deal, when, "amount", amount),
  set(deal, when, "hubspot_owner_id", owner),
  set(deal, when, "dealstage", "closedwon"),
];

export const lost = (deal: number, when: number): HubSpotEvent => set(deal, when, "dealstage", "closedlost");
export const reopened = (deal: number, when: number): HubSpotEvent => set(deal, when, "dealstage", "presentation");

export const deleted = (deal: number, when: number): HubSpotEvent =>
  hubspotEvent({ subscriptionType: "deal.deletion", objectId: deal, occurredAt: when });
export const restored = (deal: number, when: number): HubSpotEvent =>
  hubspotEvent({ subscriptionType: "deal.restore", objectId: deal, occurredAt: when });

export const merged = (winner: number, loser: number, when: number): HubSpotEvent =>
  hubspotEvent({
    subscriptionType: "deal.merge",
    primaryObjectId: winner,
    mergedObjectIds: [loser],
    newObjectId: winner,
    numberOfPropertiesMoved: 1,
    occurredAt: when,
  });
