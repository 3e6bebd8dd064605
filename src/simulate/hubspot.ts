/** HubSpot's app webhooks: an array of events, one property each, signed with v3. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { FactValue } from "../events.ts";
import type { Dialect, DialectRefused, Stages, WireEvent } from "./dialect.ts";
import type { Ids } from "./ids.ts";
import { factsOf, type Save } from "./story.ts";

const Settings = z.looseObject({
  clientSecret: z.union([z.string(), z.array(z.string()).min(1)]).transform((one) => [one].flat()[0] ?? ""),
  portalId: z.coerce.number().default(62515),
  stages: z.record(z.string(), z.string()).default({}),
  subscribedProperty: z.string().default("newsletter_subscribed"),
  accessToken: z.unknown().optional(),
  oauth: z.unknown().optional(),
});
type Settings = z.infer<typeof Settings>;

const propertyOf = (settings: Settings): Record<"deal" | "contact", Record<string, string>> => ({
  deal: {
    name: "dealname",
    amount: "amount",
    currency: "deal_currency_code",
    owner: "hubspot_owner_id",
    stage: "dealstage",
    close_date: "closedate",
    created_at: "createdate",
  },
  contact: {
    first_name: "firstname",
    last_name: "lastname",
    email: "email",
    phone: "phone",
    language: "hs_language",
    lifecycle: "lifecyclestage",
    owner: "hubspot_owner_id",
    subscribed: settings.subscribedProperty,
  },
});

export const hubspotDialect = (written: unknown, ids: Ids): Dialect | DialectRefused => {
  const settings = Settings.parse(written);
  if (settings.accessToken !== undefined || settings.oauth !== undefined)
    return { cannot: "it reads HubSpot, where made-up deals do not exist" };
  const properties = propertyOf(settings);
  let eventId = 0;

  const base = (save: Save, what: string, at: string): Record<string, unknown> => ({
    eventId: ++eventId,
    subscriptionId: 71_001,
    portalId: settings.portalId,
    appId: 54_321,
    occurredAt: Date.parse(at),
    subscriptionType: `${save.record.kind}.${what}`,
    changeSource: "CRM_UI",
    sourceId: "userId:76023669",
  });

  return {
    path: "",
    spread: true,
    stages: stagesOf(settings.stages),
    carries: (kind, field) =>
      field === "status" || field === "created_at" || field in properties[kind] || field.startsWith("contact:"),
    newId: ids.number,
    newOwner: ids.number,
    say(save) {
      const { record } = save;
      const event = (payload: Record<string, unknown>): WireEvent => ({ record, payload });
      const objectId = Number(record.id);
      const events = save.first
        ? [event({ ...base(save, "creation", new Date(save.at).toISOString()), objectId, changeFlag: "CREATED" })]
        : [];
      for (const { field, value, at } of factsOf(save, true)) {
        const propertyName = properties[record.kind][field];
        if (propertyName !== undefined)
          events.push(
            event({ ...base(save, "propertyChange", at), objectId, propertyName, propertyValue: textOf(field, value) }),
          );
        if (field.startsWith("contact:"))
          events.push(...bothWays(save, Number(field.slice("contact:".length)), at, base).map(event));
      }
      return events;
    },
    pack(events, signedUrl, now) {
      const body = JSON.stringify(events.map(({ event, attempt }) => ({ ...event.payload, attemptNumber: attempt })));
      const timestamp = String(now.getTime());
      const signature = createHmac("sha256", settings.clientSecret)
        .update(`POST${decoded(signedUrl)}${body}${timestamp}`)
        .digest("base64");
      const headers = {
        "content-type": "application/json",
        "x-hubspot-signature-v3": signature,
        "x-hubspot-request-timestamp": timestamp,
      };
      return { headers, body };
    },
  };
};

/** Webhooks carry every value as text, dates as milliseconds since 1970. */
const textOf = (field: string, value: FactValue): string => {
  if (value === null) return "";
  return field === "created_at" || field === "close_date" ? String(Date.parse(String(value))) : String(value);
};

/** A deal is tied to a contact once, and HubSpot tells it once from each end. */
const bothWays = (save: Save, contact: number, at: string, base: (save: Save, what: string, at: string) => object) => {
  const deal = Number(save.record.id);
  const common = { ...base(save, "associationChange", at), associationRemoved: false, isPrimaryAssociation: false };
  return [
    { ...common, associationType: "DEAL_TO_CONTACT", fromObjectId: deal, toObjectId: contact },
    {
      ...common,
      subscriptionType: "contact.associationChange",
      associationType: "CONTACT_TO_DEAL",
      fromObjectId: contact,
      toObjectId: deal,
    },
  ];
};

/** The stages of the pipeline that every account begins with, or those that the connection names. */
const stagesOf = (written: Readonly<Record<string, string>>): Stages => {
  const named = (status: string) => Object.keys(written).find((stage) => written[stage] === status);
  const usual = ["qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent"];
  return {
    open: ["appointmentscheduled", ...usual.filter((stage) => written[stage] === undefined)],
    won: named("won") ?? "closedwon",
    lost: named("lost") ?? "closedlost",
  };
};

/** HubSpot hashes the address with these twelve escapes decoded, and no others. */
const decoded = (url: string): string =>
  url.replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
