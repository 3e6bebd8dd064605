import type { Fact } from "../../src/events.ts";
import { closedProperties, statusByFlag } from "./deal-status.ts";
import { type CrmObject, createdAt, factsOf } from "./history.ts";
import type { DealStatus, Settings } from "./settings.ts";
import type { Stages } from "./stages.ts";
import type { Tie } from "./ties.ts";

/** Every stage that a deal was ever in. */
export const stagesIn = (deal: CrmObject, settings: Settings): string[] => [
  ...new Set(
    factsOf("deal", deal, settings).flatMap(({ field, value }) =>
      field === "stage" && typeof value === "string" ? [value] : [],
    ),
  ),
];

/** A deal's own timeline, with the status that each of its stages had, and what it is tied to. */
export const dealFacts = (
  deal: CrmObject,
  stages: Stages,
  contacts: Tie[],
  companies: Tie[],
  settings: Settings,
): Fact[] => {
  const own = factsOf("deal", deal, settings);
  const created = createdAt(deal);
  const facts = [...own];
  const add = (field: string, value: string | boolean, at: string) =>
    facts.push({ kind: "deal", id: deal.id, field, value, at });

  for (const { field, value, at } of own) {
    if (field !== "stage" || typeof value !== "string") continue;
    const stage = stages.get(value);
    if (stage) add("stage_label", stage.label, at);
    // A stage that no pipeline has any more: of the current one HubSpot itself still says what it means.
    const status = stage?.status ?? (value === deal.properties.dealstage ? flagged(deal) : null);
    if (status) add("status", status, at);
  }
  // Associations carry no time: those of now are as old as the deal, and webhooks tell of the later ones that went away.
  for (const { id } of contacts) add(`contact:${id}`, true, created);
  const known = own.some(({ field, value }) => field === "company" && value !== null);
  const company = companies.find((tie) => tie.primary) ?? companies[0];
  if (!known && company) {
    const empty = facts.findIndex(({ field }) => field === "company");
    if (empty >= 0) facts.splice(empty, 1);
    add("company", company.id, created);
  }
  return facts;
};

/** What the properties that HubSpot computes say together: won, else lost, else open. */
const flagged = (deal: CrmObject): DealStatus | null => {
  for (const name of closedProperties) {
    const status = statusByFlag(name, deal.properties[name] ?? "");
    if (status !== null) return status;
  }
  return deal.properties.hs_is_closed === "true" ? "lost" : null;
};
