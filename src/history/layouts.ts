/**
 * The exports that people have: which column of a CRM's file means what. A file is recognised by its headings; columns that
 * nobody named are left out. To add one: an entry here.
 */
import type { RecordKind } from "../events.ts";

/**
 * What a column can mean, beside the fields of the record as `src/events.ts` names them: `id`; `created`, `closed` and
 * `changed` (moments); `won` and `is_closed` (yes or no); `contacts` (ids).
 */
export type Meaning = string;

export interface Layout {
  id: string;
  /** What it is called where problems name it. */
  label: string;
  kind: RecordKind;
  /** Meaning by heading, in small letters. */
  columns: Readonly<Record<string, Meaning>>;
  /** It is this export if the file has all of these headings. */
  needs: readonly string[];
}

export const layouts: readonly Layout[] = [
  {
    id: "salesforce-history",
    label: "a Salesforce report on Opportunity History",
    kind: "deal",
    needs: ["opportunity id", "to stage", "last modified"],
    columns: {
      "opportunity id": "id",
      "opportunity name": "name",
      "to stage": "stage",
      amount: "amount",
      "amount currency": "currency",
      owner: "owner",
      "opportunity owner": "owner",
      "created date": "created",
      "last modified": "changed",
    },
  },
  {
    id: "salesforce",
    label: "a Salesforce report on opportunities",
    kind: "deal",
    needs: ["opportunity id", "stage", "close date"],
    columns: {
      "opportunity id": "id",
      "opportunity name": "name",
      amount: "amount",
      "amount currency": "currency",
      currency: "currency",
      stage: "stage",
      owner: "owner",
      "opportunity owner": "owner",
      "owner email": "owner",
      "opportunity owner email": "owner",
      "created date": "created",
      "close date": "closed",
      won: "won",
      closed: "is_closed",
      type: "type",
      "account id": "company",
    },
  },
  {
    id: "hubspot",
    label: "a HubSpot export of deals",
    kind: "deal",
    needs: ["record id", "deal stage"],
    columns: {
      "record id": "id",
      "deal name": "name",
      amount: "amount",
      currency: "currency",
      "deal currency": "currency",
      "deal stage": "stage",
      pipeline: "pipeline",
      "deal type": "type",
      "deal owner": "owner",
      "deal owner email": "owner",
      "create date": "created",
      "close date": "closed",
      "is closed won": "won",
      "is deal closed?": "is_closed",
      "associated company ids": "company",
      "associated contact ids": "contacts",
    },
  },
  {
    id: "hubspot-contacts",
    label: "a HubSpot export of contacts",
    kind: "contact",
    needs: ["record id", "email", "lifecycle stage"],
    columns: {
      "record id": "id",
      "first name": "first_name",
      "last name": "last_name",
      email: "email",
      "phone number": "phone",
      "preferred language": "language",
      "lifecycle stage": "lifecycle",
      "contact owner": "owner",
      "create date": "created",
    },
  },
];

/** The first layout whose headings are all there. `headings` are in small letters. */
export const layoutOf = (headings: readonly string[]): Layout | undefined =>
  layouts.find(({ needs }) => needs.every((heading) => headings.includes(heading)));
