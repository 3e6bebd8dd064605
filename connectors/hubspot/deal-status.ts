import type { DealStatus, Settings } from "./settings.ts";

/** The stages of the sales pipeline that every HubSpot account begins with. */
const defaults: Record<string, DealStatus> = { closedwon: "won", closedlost: "lost" };

/** The status of a stage by the settings alone, where HubSpot is not read: a stage that nobody named is open. */
export const statusBySettings = (stage: string, { stages }: Settings): DealStatus => {
  if (Object.hasOwn(stages, stage)) return stages[stage] ?? "open";
  return Object.hasOwn(defaults, stage) ? (defaults[stage] ?? "open") : "open";
};

export const closedProperties = ["hs_is_closed_won", "hs_is_closed_lost", "hs_is_closed"] as const;

/** What one of the properties that HubSpot computes from the stage says; null where it alone does not say. */
export const statusByFlag = (property: string, value: string): DealStatus | null => {
  if (property === "hs_is_closed_won" && value === "true") return "won";
  if (property === "hs_is_closed_lost" && value === "true") return "lost";
  if (property === "hs_is_closed" && value === "false") return "open";
  return null;
};
