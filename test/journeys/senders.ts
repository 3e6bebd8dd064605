/** How each CRM tells of a deal that was won, signed its own way and sent to the server's HTTP door. */
import { CLIENT_SECRET, hubspotEvent } from "../support/hubspot-door.ts";
import { sign as signHubSpot } from "../support/sign-hubspot.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { PUBLIC_URL } from "../support/workspace.ts";
import { ORG, SECRET_PATH, type Vendors, WEBHOOK_SECRET } from "./workspaces.ts";

export interface WonDeal {
  /** Digits. */
  id: string;
  name: string;
  amount: number;
}

export interface Sent {
  path: string;
  headers: Record<string, string>;
  body: string;
}

const OWNER = "005xx000001SvkBAAS";
const salesforceId = (id: string) => `006xx${id.padStart(10, "0")}AAS`;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

const hubspotRequest = (connection: string, rest: string, payload: unknown, version: "v2" | "v3"): Sent => {
  const body = JSON.stringify(payload);
  const path = `/webhooks/${connection}${rest && `/${rest}`}`;
  const headers = signHubSpot(
    { method: "POST", url: PUBLIC_URL + path, rest, body, now: new Date() },
    { clientSecret: CLIENT_SECRET, signatures: [version] },
  );
  return { path, headers, body };
};

const outboundMessage = (fields: Record<string, string>, deal: WonDeal) =>
  `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${ORG}</OrganizationId><ActionId>04kxx00000000A1AAI</ActionId><SessionId xsi:nil="true"/><EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/66.0/00Dxx0000001gPL</EnterpriseUrl><PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/66.0/00Dxx0000001gPL</PartnerUrl><Notification><Id>04lxx${deal.id.padStart(10, "0")}AAA</Id><sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${Object.entries(
    { Id: salesforceId(deal.id), ...fields },
  )
    .map(([name, value]) => `<sf:${name}>${value}</sf:${name}>`)
    .join("")}</sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>`;

const opportunity = (deal: WonDeal) => ({
  Amount: `${deal.amount}.0`,
  CreatedDate: ago(20 * 86_400_000),
  IsClosed: "true",
  IsWon: "true",
  LastModifiedDate: ago(1_000),
  LastStageChangeDate: ago(1_000),
  Name: deal.name,
  OwnerId: OWNER,
  StageName: "Closed Won",
});

const xml = { "content-type": "text/xml; charset=utf-8", soapaction: '""' };

/** By connection id. Some put the record into the CRM's API first, as the webhook alone does not carry it. */
export const senders: Record<string, (deal: WonDeal, vendors: Vendors) => Sent> = {
  "hub-plain": (deal) => {
    const occurredAt = Date.now();
    const change = (propertyName: string, propertyValue: string) =>
      hubspotEvent({
        subscriptionType: "deal.propertyChange",
        objectId: Number(deal.id),
        occurredAt,
        propertyName,
        propertyValue,
      });
    return hubspotRequest(
      "hub-plain",
      "",
      [
        hubspotEvent({
          subscriptionType: "deal.creation",
          objectId: Number(deal.id),
          occurredAt,
          changeFlag: "CREATED",
        }),
        change("dealname", deal.name),
        change("amount", String(deal.amount)),
        change("hubspot_owner_id", "77"),
        change("dealstage", "closedwon"),
      ],
      "v3",
    );
  },
  "hub-read": (deal, { hubspot }) => {
    hubspot.put("deals", deal.id, ago(5 * 86_400_000), {
      dealname: deal.name,
      dealstage: "appointmentscheduled",
      amount: "1",
      hubspot_owner_id: "77",
      pipeline: "default",
    });
    hubspot.put("deals", deal.id, ago(1_000), { dealstage: "closedwon", amount: String(deal.amount) });
    // the generic form, with nothing but the stage
    return hubspotRequest(
      "hub-read",
      "",
      [
        hubspotEvent({
          subscriptionType: "object.propertyChange",
          objectTypeId: "0-3",
          objectId: Number(deal.id),
          occurredAt: Date.now(),
          propertyName: "dealstage",
          propertyValue: "closedwon",
          isSensitive: false,
        }),
      ],
      "v3",
    );
  },
  "hub-flow": (deal) =>
    hubspotRequest(
      "hub-flow",
      "workflow",
      {
        hs_object_id: deal.id,
        dealname: deal.name,
        dealstage: "closedwon",
        amount: String(deal.amount),
        hubspot_owner_id: "77",
        event: "deal_won",
      },
      "v2",
    ),
  "sf-plain": (deal) => ({
    path: `/webhooks/sf-plain/${SECRET_PATH}`,
    headers: xml,
    body: outboundMessage(opportunity(deal), deal),
  }),
  "sf-read": (deal, { salesforce }) => {
    const row = opportunity(deal);
    const { tables } = salesforce;
    for (const object of ["User", "Account", "Contact", "OpportunityHistory", "OpportunityStage"])
      tables[object] ??= [];
    const opportunities = tables.Opportunity ?? [];
    tables.Opportunity = opportunities;
    opportunities.push({
      ...row,
      Id: salesforceId(deal.id),
      Amount: deal.amount,
      IsClosed: true,
      IsWon: true,
      IsDeleted: false,
      SystemModstamp: row.LastModifiedDate,
      AccountId: null,
      ContactId: null,
      CloseDate: "2026-11-20",
      Type: null,
    });
    return {
      path: `/webhooks/sf-read/${SECRET_PATH}`,
      headers: xml,
      body: outboundMessage({ StageName: "Closed Won" }, deal),
    };
  },
  callout: (deal) => {
    const { LastModifiedDate: occurredAt, Name, OwnerId, StageName } = opportunity(deal);
    const body = JSON.stringify({
      event: "opportunity.won",
      orgId: ORG,
      recordId: salesforceId(deal.id),
      object: "Opportunity",
      occurredAt,
      fields: { Name, OwnerId, StageName, Amount: deal.amount, IsWon: true, IsClosed: true },
    });
    const path = "/webhooks/sf-plain/callout";
    return {
      path,
      body,
      headers: standardWebhooks(
        { method: "POST", url: PUBLIC_URL + path, rest: "callout", body, now: new Date() },
        WEBHOOK_SECRET,
      ),
    };
  },
  shop: (deal) => {
    const body = JSON.stringify({
      type: "deal.won",
      subject: { kind: "deal", id: deal.id },
      occurredAt: ago(500),
      record: { name: deal.name, amount: deal.amount, currency: "EUR", owner: "giulia" },
    });
    const path = "/webhooks/shop";
    return {
      path,
      body,
      headers: standardWebhooks(
        { method: "POST", url: PUBLIC_URL + path, rest: "", body, now: new Date() },
        WEBHOOK_SECRET,
      ),
    };
  },
};
