import { z } from "zod";
import { ApiAddress } from "../api-address.ts";
import { writeBackShape } from "../write-back.ts";
import { kinds } from "./kinds.ts";

const statuses = z.enum(["open", "won", "lost"]);
export type DealStatus = z.infer<typeof statuses>;

/** Field names that already mean something in the event model: a CRM property of the same name would be mistaken for it. */
const reserved = new Set(
  (
    "exists created_at name merged_into erased status stage stage_label pipeline amount currency owner company close_date " +
    "type first_name last_name language lifecycle subscribed time_zone team manager active converted source"
  ).split(" "),
);

const propertyName = z
  .string()
  .regex(/^[a-z0-9_]{1,100}$/, "expected a property's internal name: lower-case letters, digits and _")
  .refine(
    (name) => !reserved.has(name),
    "this name already means something in the event model; expected another property",
  );

/** HubSpot's own: what a person keeps there is never overwritten. */
const theirs =
  /^(hs_.*|hubspot_.*|dealname|dealstage|closedate|createdate|dealtype|deal_.*|email|firstname|lastname|lifecyclestage|.*phone)$/;
const writableName = propertyName.refine(
  (name) => !theirs.test(name),
  "this is a property of HubSpot's own; expected one that you made for this",
);

const secret = z.string().min(1, "expected the app's client secret, found empty text");

export const Settings = z
  .strictObject({
    clientSecret: z
      .union([secret, z.array(secret).min(1, "expected at least one secret")])
      .transform((one) => (Array.isArray(one) ? one : [one]))
      .describe(
        "Client secret of the HubSpot app, which signs its webhooks. A list while you rotate it, newest first: any of them may sign.",
      ),
    portalId: z
      .union([z.int().positive(), z.string().regex(/^\d+$/, "expected the account's number")])
      .transform(String)
      .optional()
      .describe("Number of your HubSpot account (Hub ID). Events of another account are then set aside."),
    accessToken: z
      .string()
      .min(1)
      .optional()
      .describe("Access token of a private app (pat-…), with which we read deals, contacts, companies and owners."),
    oauth: z
      .strictObject({
        clientId: z.string().min(1).describe("Client id of the HubSpot app."),
        refreshToken: z.string().min(1).describe("Refresh token that HubSpot gave when the app was installed."),
      })
      .optional()
      .describe(
        "Instead of accessToken: read HubSpot as an installed OAuth app. The client secret above is used with it.",
      ),
    apiBase: ApiAddress.transform((url) => url.replace(/\/+$/, ""))
      .default("https://api.hubapi.com")
      .describe("Where HubSpot's API is. Change it only to test against a stand-in."),
    signatures: z
      .array(z.enum(["v1", "v2", "v3"]))
      .min(1)
      .default(["v3"])
      .describe(
        "Signature versions that we accept. v3 is the only one that a captured request cannot be repeated with; add v1 only for an old app that does not send v3.",
      ),
    workflow: z
      .strictObject({ kind: z.enum(kinds).describe("What the workflow is about: deal, contact or company.") })
      .optional()
      .describe("Accept the workflow action “Send a webhook” at …/workflow (signature v2)."),
    stages: z
      .record(z.string().min(1), statuses)
      .default({})
      .describe(
        "Deal stage id → open, won or lost. Needed for your own stages when HubSpot is not read; overrides HubSpot's pipelines when it is.",
      ),
    subscribedProperty: z
      .string()
      .regex(/^[a-z0-9_]{1,100}$/, "expected a property's internal name")
      .default("newsletter_subscribed")
      .describe("Contact property that says whether someone subscribed to the newsletter: true, yes or 1 mean yes."),
    properties: z
      .partialRecord(z.enum(kinds), z.array(propertyName).max(100))
      .default({})
      .describe("More CRM properties to bring along, by kind, for use in rules as <kind>.fields.<property>."),
    contributors: z
      .record(z.string().regex(/^[\w .-]{1,50}$/, "expected a short name of a role, such as SE"), propertyName)
      .default({})
      .describe(
        'Who else works on a deal: role → deal property that holds a HubSpot user, for `to: contributor("SE")`: { SE: sales_engineer }',
      ),
    writeBack: z
      .strictObject(writeBackShape(writableName))
      .optional()
      .describe("What is written into HubSpot about rewards. Left out: nothing. Needs accessToken or oauth"),
    limits: z
      .strictObject({
        requestsPer10Seconds: z
          .int()
          .min(1)
          .max(1000)
          .default(100)
          .describe("Most API calls in any 10 seconds. HubSpot allows 100 to 250, by plan."),
        timeoutSeconds: z.number().positive().max(120).default(20).describe("How long we wait for one API answer."),
      })
      .prefault({})
      .describe("How hard we may call HubSpot's API."),
  })
  .refine((settings) => !(settings.accessToken && settings.oauth), {
    path: ["oauth"],
    message: "found both accessToken and oauth, expected one of them",
  })
  .refine(({ writeBack, accessToken, oauth }) => !writeBack || accessToken || oauth, {
    path: ["writeBack"],
    message: "found neither accessToken nor oauth, expected one of them: nothing can be written without",
  })
  .superRefine(({ writeBack, properties }, context) => {
    const read = new Set(Object.values(properties).flat());
    for (const [field, property] of Object.entries(writeBack?.fields ?? {}))
      if (read.has(property))
        context.addIssue({
          code: "custom",
          path: ["writeBack", "fields", field],
          message:
            "expected a property that `properties` does not bring along: rules would follow what Accolade itself writes",
        });
  });

export type Settings = z.infer<typeof Settings>;

/** Whether we may ask HubSpot for records. If not, its deliveries stand alone. */
export const canRead = (settings: Settings): boolean => Boolean(settings.accessToken ?? settings.oauth);
