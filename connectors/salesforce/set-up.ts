import { type ObjectName, objectNames, objects } from "./objects.ts";
import type { SalesforceSettings } from "./settings.ts";
import { calloutPath } from "./verify.ts";

/** Fields to tick in an Outbound Message: those we understand, first of all the dates that keep late messages in order. */
export const fieldsToTick = (object: ObjectName, settings: SalesforceSettings): string[] => {
  const { columns, also } = objects[object];
  const named = [...Object.keys(columns), ...also, ...Object.keys(settings.fields[object] ?? {})];
  if (object === "Contact" || object === "Lead") named.push(settings.subscribedField?.replace("!", "") ?? "");
  if (object === "Opportunity") named.push(...Object.values(settings.contributors));
  const offered = (name: string) => name !== "" && (name !== "CurrencyIsoCode" || settings.multiCurrency);
  return [...new Set(named)].filter(offered).filter((name) => name !== "IsDeleted" && name !== "MasterRecordId");
};

/** The endpoint with its secret path, and the clicks, one line each. */
export const setUp = (settings: SalesforceSettings, webhookUrl: string): string[] => [
  `Endpoint URL for Outbound Messages (its last part is a secret): ${webhookUrl}/${settings.secretPath[0]}`,
  "Setup → Outbound Messages → New: choose the object, paste the endpoint URL, leave Send Session ID unticked.",
  ...objectNames.map((object) => `Fields to tick for ${object}: ${fieldsToTick(object, settings).join(", ")}`),
  "Setup → Flows → New Flow → Record-Triggered Flow: the object, when a record is created or updated, Actions and Related Records.",
  "In the flow: Add Element → Action → Outbound Message → the message made above → Save → Activate.",
  ...(settings.calloutSecret ? [`Endpoint URL for signed callouts from Apex: ${webhookUrl}/${calloutPath}`] : []),
  ...(settings.writeBack
    ? [
        "To write back: the API user needs the right to create Tasks and to edit the fields of writeBack.fields on Opportunity and Contact.",
      ]
    : []),
  ...(settings.api ? [] : ["No `api` in the settings: a field that is not ticked stays unknown."]),
];
