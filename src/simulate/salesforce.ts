/** Salesforce's Outbound Messages: SOAP, one snapshot of a record for each change, told apart by a secret address. */
import { z } from "zod";
import type { FactValue } from "../events.ts";
import type { Dialect, DialectRefused } from "./dialect.ts";
import type { Ids } from "./ids.ts";

const Settings = z.looseObject({
  orgId: z.string(),
  secretPath: z.union([z.string(), z.array(z.string()).min(1)]).transform((one) => [one].flat()[0] ?? ""),
  subscribedField: z.string().optional(),
  api: z.unknown().optional(),
});

/** Our field → Salesforce's, in the order of the message. */
const columns: Record<"deal" | "contact", Record<string, string>> = {
  deal: {
    amount: "Amount",
    close_date: "CloseDate",
    "contact:": "ContactId",
    created_at: "CreatedDate",
    currency: "CurrencyIsoCode",
    name: "Name",
    owner: "OwnerId",
    stage: "StageName",
  },
  contact: {
    created_at: "CreatedDate",
    email: "Email",
    first_name: "FirstName",
    last_name: "LastName",
    phone: "MobilePhone",
    owner: "OwnerId",
  },
};
const objects = { deal: "Opportunity", contact: "Contact" } as const;

export const salesforceDialect = (written: unknown, ids: Ids): Dialect | DialectRefused => {
  const { orgId, secretPath, subscribedField, api } = Settings.parse(written);
  if (api !== undefined) return { cannot: "it reads Salesforce, where made-up opportunities do not exist" };
  /** When each record reached the stage it is in: the only date in a message that says so. */
  const reached = new Map<string, string>();

  return {
    path: `/${secretPath}`,
    spread: false,
    stages: {
      open: ["Prospecting", "Qualification", "Value Proposition", "Proposal/Price Quote", "Negotiation/Review"],
      won: "Closed Won",
      lost: "Closed Lost",
    },
    carries: (kind, field) =>
      (kind === "deal" && (field === "status" || field.startsWith("contact:"))) ||
      field in columns[kind] ||
      (kind === "contact" && field === "subscribed" && subscribedField !== undefined),
    newId: (kind) => ids.salesforce(kind === "deal" ? "006" : "003"),
    newOwner: () => ids.salesforce("005"),
    say(save, known) {
      const { record } = save;
      const at = new Date(save.at).toISOString();
      const fields: [string, string | null][] = [["Id", record.id]];
      for (const [field, value] of known) {
        const contact = field.startsWith("contact:");
        const column = columns[record.kind][contact ? "contact:" : field];
        if (column) fields.push([column, contact ? field.slice("contact:".length) : textOf(field, value)]);
        if (field === "subscribed" && subscribedField?.startsWith("!"))
          fields.push([subscribedField.slice(1), String(value !== true)]);
        else if (field === "subscribed" && subscribedField) fields.push([subscribedField, String(value === true)]);
      }
      if (record.kind === "deal") {
        if (save.values.some(([field]) => field === "stage")) reached.set(record.id, at);
        const status = known.get("status");
        fields.push(["IsClosed", String(status !== "open")], ["IsWon", String(status === "won")]);
        fields.push(["LastStageChangeDate", reached.get(record.id) ?? at], ["NextStep", null]);
      }
      fields.push(["LastModifiedDate", at], ["SystemModstamp", at]);
      const payload = { notification: ids.salesforce("04l"), object: objects[record.kind], fields };
      return [{ record, payload }];
    },
    pack: (events) => ({
      headers: { "content-type": "text/xml; charset=utf-8", soapaction: '""' },
      body: envelope(
        orgId,
        events
          .map(({ event }) => event.payload as unknown as Payload)
          .map(notification)
          .join("\n"),
      ),
    }),
  };
};

interface Payload extends Record<string, unknown> {
  notification: string;
  object: string;
  fields: readonly (readonly [string, string | null])[];
}

/** SOAP writes doubles as Java does, with a decimal. */
const textOf = (field: string, value: FactValue): string | null => {
  if (value === null) return null;
  return field === "amount" && Number.isInteger(value) ? `${value}.0` : String(value);
};

const notification = ({ notification: id, object, fields }: Payload) => `   <Notification>
    <Id>${id}</Id>
    <sObject xsi:type="sf:${object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
${fields.map(([name, value]) => `     ${value === null ? `<sf:${name} xsi:nil="true"/>` : `<sf:${name}>${escaped(value)}</sf:${name}>`}`).join("\n")}
    </sObject>
   </Notification>`;

const envelope = (orgId: string, notifications: string) => `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${orgId}</OrganizationId>
   <ActionId>04kxx00000000A1AAI</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://sandbox.my.salesforce.com/services/Soap/c/66.0/${orgId.slice(0, 15)}</EnterpriseUrl>
   <PartnerUrl>https://sandbox.my.salesforce.com/services/Soap/u/66.0/${orgId.slice(0, 15)}</PartnerUrl>
${notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>
`;

const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
