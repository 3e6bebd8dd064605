import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hubspot } from "../../connectors/hubspot/index.ts";
import { type HubSpotApi, noScope, startHubSpotApi } from "../support/hubspot-api.ts";
import { memoryVault } from "../support/memory-vault.ts";

let api: HubSpotApi;
beforeEach(async () => {
  api = await startHubSpotApi();
});
afterEach(() => api.close());

const check = async (settings: object) => {
  const parsed = hubspot.settings.parse({ clientSecret: "secret-1", apiBase: api.url, ...settings });
  const around = { connection: "main", tokens: memoryVault(), now: () => new Date("2026-11-23T09:00:00.000Z") };
  return (await hubspot.check?.(parsed, around)) ?? [];
};
const token = { accessToken: "pat-dummy" };
const oauth = { oauth: { clientId: "client-1", refreshToken: "refresh-1" } };

describe("doctor", () => {
  test.each([token, oauth])("a connection that is well, %#", async (access) => {
    const checks = await check({ ...access, portalId: "62515" });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks).toHaveLength(6);
    expect(checks[0]).toMatchObject({ detail: "account 62515" });
  });

  test("no token: says that deliveries stand alone", async () =>
    expect(await check({})).toMatchObject([{ ok: true, detail: expect.stringContaining("stand alone") }]));

  test.each([token, oauth])("a token of another account, %#", async (access) => {
    const [first] = await check({ ...access, portalId: 1 });
    expect(first).toMatchObject({ ok: false, found: "the token is of account 62515, portalId says 1" });
  });

  test("a token that is not valid says what to do", async () => {
    const checks = await check({ accessToken: "pat-old" });
    expect(checks).toMatchObject([{ ok: false, todo: expect.stringContaining("accessToken") }]);
    expect(JSON.stringify(checks)).not.toContain("pat-old");
  });

  test("missing scopes are named, each one, and the others still looked at", async () => {
    api.trouble("objects/contacts", noScope("crm.objects.contacts.read"));
    api.trouble("owners", { status: 403 });
    const checks = await check(token);
    const wrong = checks.filter((one) => !one.ok);
    expect(wrong).toMatchObject([
      { todo: expect.stringContaining("crm.objects.contacts.read") },
      { todo: expect.stringContaining("crm.objects.owners.read") },
    ]);
    expect(checks).toHaveLength(6);
  });

  test("HubSpot out of reach", async () => {
    await api.close();
    expect(await check(token)).toMatchObject([{ ok: false, found: expect.stringContaining("ECONNREFUSED") }]);
  });
});

describe("the steps in HubSpot", () => {
  const url = "https://rewards.example.com/webhooks/hubspot-main";
  const steps = (settings: object) =>
    hubspot.setUp(hubspot.settings.parse({ clientSecret: "s", ...settings }), url).join("\n");

  test("give the exact URL, the properties in use and the scopes", () => {
    const text = steps({ ...token, subscribedProperty: "wants_news", properties: { deal: ["renewal_term"] } });
    expect(text).toContain(`Target URL: ${url}\n`);
    for (const word of ["dealstage", "renewal_term", "wants_news", "crm.objects.owners.read"])
      expect(text).toContain(word);
    expect(text).not.toContain("/workflow");
  });

  test("give the workflow's URL where it is on, and ask for stages where HubSpot is not read", () => {
    const text = steps({ workflow: { kind: "deal" } });
    expect(text).toContain(`${url}/workflow`);
    expect(text).toContain("stages:");
  });
});

describe("settings", () => {
  const problems = (input: object) => {
    const result = hubspot.settings.safeParse(input);
    return result.success ? [] : result.error.issues.map((issue) => issue.path.join("."));
  };
  test("what is wrong is named by its place", () => {
    expect(problems({})).toEqual(["clientSecret"]);
    expect(problems({ clientSecret: "s", ...token, ...oauth })).toEqual(["oauth"]);
    expect(problems({ clientSecret: "s", tokn: "x" })).toEqual([""]);
    expect(problems({ clientSecret: "s", stages: { a: "maybe" } })).toEqual(["stages.a"]);
    expect(problems({ clientSecret: "s", properties: { deal: ["status"] } })).toEqual(["properties.deal.0"]);
    expect(problems({ clientSecret: "s", signatures: [] })).toEqual(["signatures"]);
  });
});
