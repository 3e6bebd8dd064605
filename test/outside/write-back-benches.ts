/** For each connector that writes back: its vendor as a server, a deal that is won there, and what was written. */

import { noScope, startHubSpotApi, tenSecondly } from "../support/hubspot-api.ts";
import { CLIENT_SECRET, hubspotEvent } from "../support/hubspot-door.ts";
import { clientId, startSalesforceApi } from "../support/salesforce-api.ts";
import { sign as signHubspot } from "../support/sign-hubspot.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { PUBLIC_URL } from "../support/workspace.ts";

export type Trouble = "refused" | "limited" | { after: "hang" | "reset" | 500 } | "hang";
interface Request {
  method: string;
  url: string;
  rest: string;
  headers: Record<string, string>;
  body: Buffer;
}

export interface WriteBackVendor {
  /** What stands under `connections.crm`. */
  settings: string;
  deal: string;
  /** Changes the deal there, and gives the webhook that tells of it. */
  set(status: "won" | "lost", now: Date): Request;
  /** The next write of a note, or of fields, meets this. */
  trouble(what: "note" | "fields", trouble: Trouble): void;
  /** What the refusal names for an admin to give. */
  missing: string;
  notes(): string[];
  /** A customer there, and the notes on them. */
  contact: string;
  contactNotes(): string[];
  fields(): { rewards: unknown; count: unknown };
  remove(): void;
  /** The webhooks that the vendor sends of what was written. */
  echo(now: Date): Request[];
  /** Other people write notes on the deal, more than fit a page. */
  crowd(): void;
  close(): Promise<void>;
}

const hubspot = async (): Promise<WriteBackVendor> => {
  const api = await startHubSpotApi();
  api.madeProperties = new Set(["accolade_rewards", "accolade_count"]);
  api.owner({
    id: "77",
    email: "giulia@acme.example",
    firstName: "Giulia",
    lastName: "Bianchi",
    updatedAt: "2026-01-01T00:00:00.000Z",
    archived: false,
  });
  const start = "2026-06-01T08:00:00.000Z";
  api.put("deals", "501", start, {
    dealname: "Rossi & <Figli>",
    amount: "62000",
    dealstage: "qualifiedtobuy",
    pipeline: "default",
    hubspot_owner_id: "77",
  });
  api.put("contacts", "801", start, { email: "ada@rossi.example" });
  api.put("deals", "502", start, { dealname: "Other", amount: "1" });
  const sent = (events: unknown[], now: Date): Request => {
    const body = Buffer.from(JSON.stringify(events));
    const url = `${PUBLIC_URL}/webhooks/crm`;
    const headers = signHubspot(
      { method: "POST", url, rest: "", body, now },
      { clientSecret: CLIENT_SECRET, signatures: ["v3"] },
    );
    return { method: "POST", url, rest: "", headers, body };
  };
  const change = (objectId: string, propertyName: string, propertyValue: string, now: Date, more: object = {}) =>
    hubspotEvent({
      subscriptionType: "deal.propertyChange",
      objectId: Number(objectId),
      occurredAt: now.getTime(),
      propertyName,
      propertyValue,
      ...more,
    });
  return {
    settings: `{ connector: hubspot, clientSecret: ${CLIENT_SECRET}, accessToken: pat-dummy, apiBase: "${api.url}", limits: { timeoutSeconds: 0.7 },
    writeBack: { note: true, fields: { rewards: accolade_rewards, count: accolade_count } } }`,
    deal: "501",
    missing: "crm.objects.contacts.write",
    set(status, now) {
      const stage = status === "won" ? "closedwon" : "closedlost";
      api.put("deals", "501", now.toISOString(), { dealstage: stage });
      return sent([change("501", "dealstage", stage, now)], now);
    },
    trouble(what, trouble) {
      const path = what === "note" ? "/objects/notes" : "/objects/deals/501";
      if (trouble === "refused") api.trouble(path, noScope("crm.objects.contacts.write"));
      else if (trouble === "limited") api.trouble(path, { ...tenSecondly, headers: { "retry-after": "7" } });
      else if (trouble === "hang") api.trouble(path, { does: "hang" });
      else api.trouble(path, trouble);
    },
    notes: () => api.notes.filter(({ to }) => to.id === "501").map(({ body }) => body),
    contact: "801",
    contactNotes: () => api.notes.filter(({ to }) => to.kind === "contacts").map(({ body }) => body),
    fields: () => {
      const last = (property: string) => api.changes.filter((each) => each.property === property).at(-1)?.value;
      return { rewards: last("accolade_rewards"), count: last("accolade_count") };
    },
    remove: () => api.remove("deals", "501"),
    crowd: () => {
      for (let n = 0; n < 5; n++)
        api.notes.push({
          id: String(95_000 + n),
          to: { kind: "deals", id: "501" },
          body: "Called them.",
          timestamp: start,
        });
    },
    // HubSpot names the app that wrote (facts 1.1): ours, whose webhook this is
    echo: (now) => [
      sent(
        api.changes.map(({ id, property, value }) =>
          change(id, property, value, now, { changeSource: "INTEGRATION", sourceId: "54321" }),
        ),
        now,
      ),
    ],
    close: api.close,
  };
};

const ORG = "00Dxx0000001gPLEAY";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const USER = "005xx000001SvkBAAS";
const OWNER = "005xx000001SvkCAAS";
const DEAL = "006xx000004TmiQAAS";
const CONTACT = "003xx000004TmiQAAS";

const salesforce = async (externalId: boolean): Promise<WriteBackVendor> => {
  const api = await startSalesforceApi();
  const stamps = {
    CreatedDate: "2026-06-01T08:00:00.000+0000",
    LastModifiedDate: "2026-06-01T08:00:00.000+0000",
    SystemModstamp: "2026-06-01T08:00:00.000+0000",
  };
  const deal: Record<string, string | number | boolean | null> = {
    ...stamps,
    Id: DEAL,
    Name: "Rossi",
    Amount: 62_000,
    StageName: "Proposal",
    IsWon: false,
    IsClosed: false,
    OwnerId: OWNER,
    AccountId: null,
    ContactId: null,
    CloseDate: "2026-11-30",
    Type: null,
    LastStageChangeDate: stamps.CreatedDate,
    LastModifiedById: OWNER,
    IsDeleted: false,
    Accolade_Rewards__c: null,
    Accolade_Count__c: null,
  };
  const task = {
    Id: "00Txx000000000AAAA",
    Subject: "x",
    Description: "x",
    Status: "x",
    ActivityDate: "x",
    WhatId: "x",
    WhoId: "x",
    IsDeleted: false,
  };
  Object.assign(api.tables, {
    Opportunity: [deal],
    Contact: [{ Id: CONTACT, IsDeleted: false, Accolade_Rewards__c: null, Accolade_Count__c: null }],
    Account: [],
    Lead: [],
    Task: [externalId ? { ...task, Accolade_Id__c: "x" } : task],
    OpportunityHistory: [],
    OpportunityStage: [
      { ApiName: "Proposal", MasterLabel: "Proposal", IsWon: false, IsClosed: false },
      { ApiName: "Signed", MasterLabel: "Signed", IsWon: true, IsClosed: true },
      { ApiName: "Gone", MasterLabel: "Gone", IsWon: false, IsClosed: true },
    ],
    User: [
      {
        ...stamps,
        Id: OWNER,
        Name: "Giulia Bianchi",
        FirstName: "Giulia",
        LastName: "Bianchi",
        Email: "giulia@acme.example",
        Phone: null,
        MobilePhone: null,
        IsActive: true,
        ManagerId: null,
        TimeZoneSidKey: "Europe/Rome",
        LanguageLocaleKey: "it",
      },
    ],
  });
  const sent = (event: string, now: Date): Request => {
    const { Id: recordId, ...fields } = deal;
    const body = Buffer.from(
      JSON.stringify({ event, orgId: ORG, recordId, occurredAt: now.toISOString(), object: "Opportunity", fields }),
    );
    const url = `${PUBLIC_URL}/webhooks/crm/callout`;
    const headers = standardWebhooks({ method: "POST", url, rest: "callout", body, now }, SECRET);
    return { method: "POST", url, rest: "callout", headers, body };
  };
  return {
    settings: `{ connector: salesforce, orgId: ${ORG}, secretPath: sample_path_secret_0123456789, calloutSecret: ${SECRET},
    api: { loginUrl: "${api.loginUrl}", clientId: "${clientId}", clientSecret: sample_consumer_secret, timeoutMs: 700 },
    writeBack: { note: true, fields: { rewards: Accolade_Rewards__c, count: Accolade_Count__c }, user: ${USER}${externalId ? ", externalId: Accolade_Id__c" : ""} } }`,
    deal: DEAL,
    missing: "Give the API user the right to edit",
    set(status, now) {
      const stage = status === "won" ? "Signed" : "Gone";
      const at = now.toISOString();
      Object.assign(deal, {
        StageName: stage,
        IsWon: status === "won",
        IsClosed: true,
        LastStageChangeDate: at,
        LastModifiedDate: at,
        SystemModstamp: at,
        LastModifiedById: OWNER,
      });
      return sent("opportunity.changed", now);
    },
    trouble(what, trouble) {
      const path = what === "note" ? /\/sobjects\/Task/ : /\/sobjects\/Opportunity/;
      const fault = { path, times: 1 };
      if (trouble === "refused")
        api.faults.push({
          ...fault,
          status: 403,
          body: [{ message: "insufficient access rights on object id", errorCode: "INSUFFICIENT_ACCESS_OR_READONLY" }],
        });
      else if (trouble === "limited")
        api.faults.push({
          ...fault,
          status: 403,
          body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }],
        });
      else if (trouble === "hang") api.faults.push({ ...fault, hang: true });
      else api.faults.push({ ...fault, ...trouble });
    },
    notes: () =>
      (api.tables.Task ?? [])
        .filter(({ WhatId }) => WhatId === DEAL)
        .map(({ Subject, Description }) => `${Subject}\n${Description}`),
    contact: CONTACT,
    contactNotes: () =>
      (api.tables.Task ?? []).filter(({ WhoId }) => WhoId === CONTACT).map(({ Description }) => String(Description)),
    fields: () => ({ rewards: deal.Accolade_Rewards__c, count: deal.Accolade_Count__c }),
    crowd: () => {
      for (let n = 0; n < 5; n++)
        api.tables.Task?.push({
          ...task,
          Id: `00Txx00000000${n}BBAA`,
          Subject: "Call",
          Description: "Called them.",
          WhatId: DEAL,
        });
    },
    remove: () => {
      deal.IsDeleted = true;
    },
    echo: (now) => {
      deal.LastModifiedById = USER;
      return api.changes.length === 0 ? [] : [sent("opportunity.changed", now)];
    },
    close: api.close,
  };
};

export const writeBackVendors: readonly [name: string, connector: string, start: () => Promise<WriteBackVendor>][] = [
  ["HubSpot", "hubspot", hubspot],
  ["Salesforce, by marker", "salesforce", () => salesforce(false)],
  ["Salesforce, by external id", "salesforce", () => salesforce(true)],
];
