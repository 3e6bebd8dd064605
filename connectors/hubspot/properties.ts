import type { ObjectKind } from "./kinds.ts";
import type { Settings } from "./settings.ts";
import { asCurrency, asDay, asInstant, asNumber, asSubscribed, asText, type ReadValue } from "./values.ts";

export interface Field {
  field: string;
  read: ReadValue;
}

const fields: Record<ObjectKind, Record<string, Field>> = {
  deal: {
    dealname: { field: "name", read: asText },
    amount: { field: "amount", read: asNumber },
    deal_currency_code: { field: "currency", read: asCurrency },
    dealstage: { field: "stage", read: asText },
    pipeline: { field: "pipeline", read: asText },
    hubspot_owner_id: { field: "owner", read: asText },
    dealtype: { field: "type", read: asText },
    closedate: { field: "close_date", read: asDay },
    createdate: { field: "created_at", read: asInstant },
    hs_primary_associated_company: { field: "company", read: asText },
  },
  contact: {
    firstname: { field: "first_name", read: asText },
    lastname: { field: "last_name", read: asText },
    email: { field: "email", read: asText },
    phone: { field: "phone", read: asText },
    hs_language: { field: "language", read: asText },
    lifecyclestage: { field: "lifecycle", read: asText },
    hubspot_owner_id: { field: "owner", read: asText },
    associatedcompanyid: { field: "company", read: asText },
    createdate: { field: "created_at", read: asInstant },
  },
  company: {
    name: { field: "name", read: asText },
    domain: { field: "domain", read: asText },
    hubspot_owner_id: { field: "owner", read: asText },
    createdate: { field: "created_at", read: asInstant },
  },
};

/** What a CRM property becomes in the event model; undefined for one that nobody asked for. */
export const fieldOf = (kind: ObjectKind, property: string, settings: Settings): Field | undefined => {
  if (kind === "contact" && property === settings.subscribedProperty)
    return { field: "subscribed", read: asSubscribed };
  if (Object.hasOwn(fields[kind], property)) return fields[kind][property];
  const role = kind === "deal" ? roles(settings).find(([, named]) => named === property)?.[0] : undefined;
  if (role !== undefined) return { field: `contributor:${role}`, read: asText };
  return settings.properties[kind]?.includes(property) ? { field: property, read: asText } : undefined;
};

/** The properties that we keep of a kind, in a stable order. */
export const propertiesOf = (kind: ObjectKind, settings: Settings): string[] => [
  ...new Set([
    ...Object.keys(fields[kind]),
    ...(kind === "contact" ? [settings.subscribedProperty] : []),
    ...(kind === "deal" ? roles(settings).map(([, property]) => property) : []),
    ...(settings.properties[kind] ?? []),
  ]),
];

/** Each role of `contributors`, with the property that names who has it. */
const roles = ({ contributors }: Settings): [string, string][] => Object.entries(contributors);
