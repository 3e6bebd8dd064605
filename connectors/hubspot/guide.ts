import { canRead, type Settings } from "./settings.ts";

/** What to click in HubSpot, one line each, with the exact URL. */
export const setUp = (settings: Settings, webhookUrl: string): string[] => {
  const extra = (kind: "deal" | "contact" | "company") => settings.properties[kind] ?? [];
  const deal = ["dealstage", "amount", "deal_currency_code", "hubspot_owner_id", "closedate", ...extra("deal")];
  const contact = ["email", "lifecyclestage", settings.subscribedProperty, ...extra("contact")];
  const company = ["name", "domain", ...extra("company")];
  return [
    "In HubSpot, open the app (Settings › Integrations › Private Apps, or your project's app) and go to Webhooks.",
    `Target URL: ${webhookUrl}`,
    "Event throttling (max concurrent requests): 10.",
    "Subscribe to deals: created, deleted, restored, merged, association changed.",
    `Subscribe to deal properties: ${deal.join(", ")}.`,
    "Subscribe to contacts: created, deleted, restored, merged, and “deleted for privacy”.",
    `Subscribe to contact properties: ${contact.join(", ")}.`,
    `Subscribe to companies: created, deleted, merged; properties: ${company.join(", ")}.`,
    "Client secret: on the app's Auth tab. Put it into clientSecret, as a reference to an environment variable.",
    ...(canRead(settings)
      ? [
          "Scopes: crm.objects.deals.read, crm.objects.contacts.read, crm.objects.companies.read, crm.objects.owners.read.",
        ]
      : [
          "No token is set, so HubSpot is not read: list your own won and lost stages under stages:, and subscribe to dealname, createdate and pipeline too.",
        ]),
    ...(settings.writeBack
      ? [
          "To write back, also: crm.objects.contacts.write for notes; crm.objects.deals.write and crm.objects.contacts.write for fields. Make the properties first.",
        ]
      : []),
    ...(settings.workflow
      ? [
          `Workflow (${settings.workflow.kind}-based): add the action “Send a webhook”, method POST, URL ${webhookUrl}/workflow.`,
          "Authentication: “Include request signature in header”, with the app id of the app whose client secret is set here.",
          "Request body: all properties, or a customised one that has hs_object_id and hs_lastmodifieddate beside what your rules use.",
        ]
      : []),
    "Save. HubSpot may keep the old settings for five minutes. Then move a test deal and look for the delivery.",
  ];
};
