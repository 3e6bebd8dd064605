/** The CRM objects that we keep, and HubSpot's names for them. Type ids: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm */
export const kinds = ["deal", "contact", "company"] as const;
export type ObjectKind = (typeof kinds)[number];

export const typeIds: Record<ObjectKind, string> = { contact: "0-1", company: "0-2", deal: "0-3" };

/** The kind behind `deal`, `DEAL` or `0-3`; undefined for objects that we do not keep. */
export const kindOf = (name: string): ObjectKind | undefined => {
  const lower = name.toLowerCase();
  return kinds.find((kind) => kind === lower || typeIds[kind] === name);
};
