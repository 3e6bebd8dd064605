/** What a YAML block of a page is, and what Accolade says of it. */

import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import webPush from "web-push";
import { parse } from "yaml";
import { readConfigFile } from "../../src/config-file.ts";
import { loadRules } from "../../src/engine/index.ts";
import { HistoryMap } from "../../src/history/history-map.ts";
import { knownTo } from "../../src/open-corridor.ts";
import { packageRoot } from "../../src/package-root.ts";
import { PeopleFile } from "../../src/people/people-file.ts";
import { readTestFile } from "../../src/pipeline/rule-test-file.ts";
import { problemLine } from "../../src/yaml/problem.ts";
import { known as engineKnown } from "../engine/known.ts";
import { sendgridAccount } from "../support/mail-services.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });

const push = webPush.generateVAPIDKeys();

/** A value of the right shape for every name that a page refers to. */
const shapes: readonly [RegExp, string][] = [
  [/ACCOUNT_SID/, `AC${"0".repeat(32)}`],
  [/API_KEY_SID/, `SK${"0".repeat(32)}`],
  [/TEMPLATE/, `HX${"0".repeat(32)}`],
  [/(SALESFORCE|VONAGE)_PRIVATE_KEY/, String(rsa)],
  [/VONAGE_APPLICATION_ID/, "0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a10"],
  [/PUSH_PUBLIC_KEY/, push.publicKey],
  [/PUSH_PRIVATE_KEY/, push.privateKey],
  [/SLACK_BOT_TOKEN/, "xoxb-of-these-tests"],
  [/^(SLACK|TEAMS).*_WEBHOOK$/, "https://hooks.example.com/services/a-secret"],
  [/SECRET_PATH/, "0".repeat(48)],
  [/CALLOUT_SECRET|WEBHOOK_SECRET/, `whsec_${Buffer.alloc(32, 1).toString("base64")}`],
  [/PLUM_WEBHOOK_KEY/, "0".repeat(20)],
  [/SMTP_USER/, "rewards@example.com"],
  [/SENDGRID_VERIFICATION_KEY/, sendgridAccount().verificationKey],
  [/BOUNCE_SECRET|POSTMARK_WEBHOOK_PASSWORD/, "at-least-32-characters-of-a-secret"],
  [/^([A-Z_]+)_TOKEN$/, "a-token-of-at-least-24-characters"],
];
export const valueFor = (name: string): string => shapes.find(([shape]) => shape.test(name))?.[1] ?? "a-value";

export const examplePath = "docs/accolade.example.yaml";
export const exampleText = readFileSync(path.join(packageRoot, examplePath), "utf8");
export const readExample = () => {
  const read = readConfigFile(examplePath, exampleText, valueFor);
  if (!read.ok) throw new Error(read.problems.map(problemLine).join("\n"));
  return read.value;
};

/** Tests in the pages are of the starter rules. */
export const starterRules = readFileSync(path.join(packageRoot, "rules/starter.yaml"), "utf8");

/** Rules in the pages may use what the example configures. */
const known = { ...knownTo(readExample()), approvers: engineKnown.approvers };
const configKeys = [
  "workspace",
  "connections",
  "providers",
  "channels",
  "celebrations",
  "wall",
  "templates",
  "users",
  "webhooks",
];

/** Everything that is wrong with it, one line each; `undefined` where it is nothing that Accolade reads. */
export const problemsOfBlock = (text: string): string[] | undefined => {
  const top: unknown = parse(text, { logLevel: "silent" });
  if (typeof top !== "object" || top === null || Array.isArray(top)) return undefined;
  if (["rules", "rewards", "budgets", "tiers", "calendars"].some((key) => key in top)) {
    const loaded = loadRules([{ file: "block", text }], known);
    return loaded.ok ? [] : loaded.problems.map(problemLine);
  }
  if ("tests" in top) {
    const starter = loadRules([{ file: "starter", text: starterRules }], known);
    const rules = starter.ok ? starter.book.rules.map(({ id }) => id) : [];
    return readTestFile({ file: "block", text }, rules, "UTC").problems.map(problemLine);
  }
  if ("columns" in top) {
    const parsed = HistoryMap.safeParse(top);
    return parsed.success ? [] : parsed.error.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`);
  }
  if ("people" in top && Array.isArray(top.people)) {
    const parsed = PeopleFile.safeParse(top);
    return parsed.success ? [] : parsed.error.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`);
  }
  if (configKeys.some((key) => key in top) || ("people" in top && typeof top.people === "string")) {
    const read = readConfigFile("block", text, valueFor);
    return read.ok ? [] : read.problems.map(problemLine);
  }
  return undefined;
};
