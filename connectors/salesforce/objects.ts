/** Which Salesforce objects we understand, and which of their fields mean what (Salesforce object reference, API 66.0). */
import type { RecordKind } from "../../src/events.ts";
import { boolean, date, domain, id, language, number, ownerId, type ReadCell, text } from "./cell.ts";

export type ObjectName = "Opportunity" | "Contact" | "Lead" | "User" | "Account";

export interface ObjectMap {
  kind: RecordKind;
  /** First three characters of every id of the object. */
  prefix: string;
  /** Salesforce field → our field, and how its value is read. Fields that need several others are in `facts.ts`. */
  columns: Readonly<Record<string, readonly [field: string, read: ReadCell]>>;
  /** What else is read by SOQL. */
  also: readonly string[];
}

const named = { Name: ["name", text] } as const;
const person = {
  ...named,
  FirstName: ["first_name", text],
  LastName: ["last_name", text],
  Email: ["email", text],
} as const;
const times = ["CreatedDate", "LastModifiedDate", "SystemModstamp"];
const phones = ["Phone", "MobilePhone"];

export const objects: Readonly<Record<ObjectName, ObjectMap>> = {
  Opportunity: {
    kind: "deal",
    prefix: "006",
    columns: {
      ...named,
      Amount: ["amount", number],
      CurrencyIsoCode: ["currency", text],
      OwnerId: ["owner", ownerId],
      AccountId: ["company", id],
      CloseDate: ["close_date", date],
      Type: ["type", text],
    },
    also: [...times, "IsDeleted", "StageName", "IsWon", "IsClosed", "LastStageChangeDate", "ContactId"],
  },
  Contact: {
    kind: "contact",
    prefix: "003",
    columns: { ...person, OwnerId: ["owner", ownerId], AccountId: ["company", id] },
    also: [...times, ...phones, "IsDeleted", "MasterRecordId"],
  },
  Lead: {
    kind: "lead",
    prefix: "00Q",
    columns: { ...person, LeadSource: ["source", text], Status: ["status", text], OwnerId: ["owner", ownerId] },
    also: [...times, ...phones, "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedDate"],
  },
  User: {
    kind: "user",
    prefix: "005",
    columns: {
      ...person,
      IsActive: ["active", boolean],
      ManagerId: ["manager", id],
      TimeZoneSidKey: ["time_zone", text],
      LanguageLocaleKey: ["language", language],
    },
    also: [...times, ...phones],
  },
  Account: {
    kind: "company",
    prefix: "001",
    columns: { ...named, OwnerId: ["owner", ownerId], Website: ["domain", domain] },
    also: [...times, "IsDeleted", "MasterRecordId"],
  },
};

export const isObjectName = (name: string): name is ObjectName => Object.hasOwn(objects, name);

/** The object whose ids begin as this one does; undefined for an object that we do not understand. */
export const objectOfId = (recordId: string): ObjectName | undefined =>
  objectNames.find((name) => objects[name].prefix === recordId.slice(0, 3));

export const objectOfKind: Readonly<Partial<Record<RecordKind, ObjectName>>> = {
  deal: "Opportunity",
  contact: "Contact",
  lead: "Lead",
  user: "User",
  company: "Account",
};

export const objectNames: readonly ObjectName[] = ["Opportunity", "Contact", "Lead", "User", "Account"];
