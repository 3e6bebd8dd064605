import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { ApiAddress } from "../api-address.ts";
import { SigningSecrets } from "../standard-webhooks.ts";
import { writeBackShape } from "../write-back.ts";

const SecretPath = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{24,200}$/,
    "expected 24 to 200 letters, digits, - or _, as `openssl rand -hex 24` prints them",
  );

/** A PEM key in one environment variable often has its line breaks written as \n. */
const PrivateKey = z
  .string()
  .transform((text) => text.replaceAll("\\n", "\n"))
  .refine(isRsaKey, "expected a private RSA key in PEM form, beginning with -----BEGIN");

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

const apiCommon = {
  loginUrl: ApiAddress.describe("The org's own address: My Domain, such as https://acme.my.salesforce.com"),
  clientId: z.string().min(1).describe("Consumer key of the connected app"),
  version: z
    .string()
    .regex(/^\d{2,3}\.0$/)
    .default("66.0")
    .describe("Salesforce API version"),
  timeoutMs: z
    .int()
    .min(100)
    .max(30_000)
    .default(5_000)
    .describe("Longest wait for one answer of the API, in milliseconds"),
};

const Api = z.union(
  [
    z.strictObject({
      ...apiCommon,
      clientSecret: z.string().min(1).describe("Consumer secret of the connected app: client credentials flow"),
    }),
    z.strictObject({
      ...apiCommon,
      username: z.string().min(1).describe("User that the JWT bearer flow signs in as"),
      privateKey: PrivateKey.describe(
        "Private key (PEM, RSA) whose certificate the connected app holds: JWT bearer flow",
      ),
      audience: z
        .url()
        .optional()
        .describe("Audience of the JWT; https://test.salesforce.com for a sandbox, found from loginUrl when left out"),
    }),
  ],
  "expected loginUrl and clientId, and either clientSecret or username with privateKey",
);
export type ApiSettings = z.infer<typeof Api>;

const FieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, "expected the API name of a field, such as Region__c");
const Columns = z.record(FieldName, z.enum(["text", "number", "boolean"]));

export const SalesforceSettings = z
  .strictObject({
    orgId: z
      .string()
      .regex(
        /^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$/,
        "expected an organization ID: 15 or 18 characters, beginning with 00D",
      )
      .describe("Organization ID: Setup → Company Information"),
    secretPath: z
      .union([SecretPath, z.array(SecretPath).min(1).max(5)])
      .transform((given) => (typeof given === "string" ? [given] : given))
      .describe(
        "Secret end of the endpoint URL for Outbound Messages; a list while one replaces another, newest first",
      ),
    calloutSecret: SigningSecrets.optional().describe(
      "whsec_… that signs JSON callouts from Apex or Flow; a list while one replaces another. Absent: callouts are not taken",
    ),
    api: Api.optional().describe("How records are read by SOQL. Absent: only what a message carries is known"),
    stages: z
      .record(z.string(), z.enum(["open", "won", "lost"]))
      .default({})
      .describe("What a StageName means, used where a message has neither IsWon nor IsClosed"),
    subscribedField: z
      .string()
      .regex(
        /^!?[A-Za-z][A-Za-z0-9_]{0,99}$/,
        "expected a field name, with ! before it where the field means the contrary",
      )
      .optional()
      .describe(
        "Contact and Lead field that means newsletter subscription; !HasOptedOutOfEmail where it means the contrary",
      ),
    fields: z
      .strictObject({
        Opportunity: Columns.optional().describe("Extra fields of opportunities"),
        Contact: Columns.optional().describe("Extra fields of contacts"),
        Lead: Columns.optional().describe("Extra fields of leads"),
        Account: Columns.optional().describe("Extra fields of accounts"),
        User: Columns.optional().describe("Extra fields of users"),
      })
      .default({})
      .describe("Extra fields to bring along under their own name, each with what it holds: text, number or boolean"),
    contributors: z
      .record(z.string().regex(/^[\w .-]{1,50}$/, "expected a short name of a role, such as SE"), FieldName)
      .default({})
      .describe(
        'Who else works on an opportunity: role → Opportunity field that looks up a user, for `to: contributor("SE")`: { SE: Sales_Engineer__c }',
      ),
    writeBack: z
      .strictObject({
        ...writeBackShape(FieldName.regex(/__c$/, "expected a custom field, such as Accolade_Rewards__c")),
        externalId: FieldName.optional().describe(
          "External id field (text, 60 characters or more) of Task: then a repeated note is one note by itself. Left out: the tasks of the record are looked through before a repeat",
        ),
        taskStatus: z.string().min(1).max(255).default("Completed").describe("Status of the Task that is the note"),
        user: z
          .string()
          .regex(/^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$/, "expected a user ID: 15 or 18 characters, beginning with 005")
          .optional()
          .describe("Id of the user that `api` signs in as: its changes are then shown as our own"),
      })
      .optional()
      .describe("What is written into Salesforce about rewards: a Task, and fields. Left out: nothing. Needs api"),
    multiCurrency: z
      .boolean()
      .default(false)
      .describe("True where the org has several currencies: only there can CurrencyIsoCode be read"),
  })
  .refine(({ writeBack, api }) => !writeBack || api, {
    path: ["writeBack"],
    message: "found no api, expected one: nothing can be written without",
  })
  .superRefine(({ writeBack, fields }, context) => {
    const read = new Set(Object.values(fields).flatMap((columns) => Object.keys(columns ?? {})));
    for (const [field, name] of Object.entries(writeBack?.fields ?? {}))
      if (read.has(name))
        context.addIssue({
          code: "custom",
          path: ["writeBack", "fields", field],
          message:
            "expected a field that `fields` does not bring along: rules would follow what Accolade itself writes",
        });
  });
export type SalesforceSettings = z.infer<typeof SalesforceSettings>;
