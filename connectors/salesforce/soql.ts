import { type ObjectName, objects } from "./objects.ts";
import type { SalesforceSettings } from "./settings.ts";

/** The fields that are read of one object: those we understand, and those that the settings add. */
export const columnsOf = (object: ObjectName, settings: SalesforceSettings): string[] => {
  const { columns, also } = objects[object];
  const subscribed = object === "Contact" || object === "Lead" ? settings.subscribedField?.replace("!", "") : undefined;
  const named = ["Id", ...Object.keys(columns), ...also, ...Object.keys(settings.fields[object] ?? {})];
  if (subscribed !== undefined) named.push(subscribed);
  if (object === "Opportunity") named.push(...Object.values(settings.contributors));
  // a query that names CurrencyIsoCode fails in an org with one currency
  return [...new Set(named)].filter((name) => name !== "CurrencyIsoCode" || settings.multiCurrency);
};

/** `ids` must be Salesforce ids: they are checked again, because they are quoted into the text. */
export const select = (columns: readonly string[], from: string, key: string, ids: readonly string[]): string => {
  const quoted = ids.filter((id) => /^[a-zA-Z0-9]{15,18}$/.test(id)).map((id) => `'${id}'`);
  return `SELECT ${columns.join(", ")} FROM ${from} WHERE ${key} IN (${quoted.join(",")})`;
};

/** Every change of stage or amount of an opportunity, kept by Salesforce itself. */
export const historyColumns = ["OpportunityId", "StageName", "Amount", "CreatedDate"];
export const stagesQuery = "SELECT ApiName, MasterLabel, IsWon, IsClosed FROM OpportunityStage";
