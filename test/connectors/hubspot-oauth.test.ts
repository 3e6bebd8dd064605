import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hubspot } from "../../connectors/hubspot/index.ts";
import { type HubSpotApi, startHubSpotApi, tenSecondly } from "../support/hubspot-api.ts";
import { memoryVault } from "../support/memory-vault.ts";

let api: HubSpotApi;
let now: Date;
let vault: ReturnType<typeof memoryVault>;

beforeEach(async () => {
  api = await startHubSpotApi();
  api.put("deals", "501", "2026-03-01T10:00:00.000Z", { dealname: "Rossi" });
  now = new Date("2026-11-23T09:00:00.000Z");
  vault = memoryVault();
});
afterEach(() => api.close());

const readerFor = (oauth: object = {}) => {
  const input = {
    clientSecret: ["secret-1", "secret-0"],
    oauth: { clientId: "client-1", refreshToken: "refresh-1", ...oauth },
    apiBase: api.url,
    limits: { requestsPer10Seconds: 1000 },
  };
  const reader = hubspot.reader?.(hubspot.settings.parse(input), { connection: "main", tokens: vault, now: () => now });
  if (!reader) throw new Error("expected a reader");
  return () => reader.read([{ kind: "deal", id: "501" }], now);
};
const facts = [{ facts: expect.any(Array) }];

describe("OAuth", () => {
  test("five reads at once, even in several processes, renew the token once", async () => {
    const [one, other] = [readerFor(), readerFor()];
    const results = await Promise.all([one(), one(), one(), other(), other()]);
    for (const result of results) expect(result).toMatchObject(facts);
    expect(api.oauth.refreshes).toBe(1);
    const form = api.calls.find(({ path }) => path === "/oauth/v3/token");
    expect(form).toMatchObject({
      method: "POST",
      authorization: "",
      body: { grant_type: "refresh_token", client_id: "client-1" },
    });
    expect(JSON.parse(vault.stored() ?? "")).toMatchObject({
      accessToken: "access-1",
      refreshToken: "refresh-1",
      expiresAt: "2026-11-23T09:30:00.000Z",
    });
  });

  test("a token in the vault is used across restarts, and renewed before it ends", async () => {
    await readerFor()();
    now = new Date("2026-11-23T09:28:00.000Z");
    await readerFor()();
    expect(api.oauth.refreshes).toBe(1);
    now = new Date("2026-11-23T09:29:00.000Z");
    await readerFor()();
    expect(api.oauth.refreshes).toBe(2);
  });

  test("a token that HubSpot refuses is renewed once, by however many reads at once", async () => {
    const read = readerFor();
    await read();
    api.tokens.clear();
    for (const result of await Promise.all([read(), read(), read(), read(), read()]))
      expect(result).toMatchObject(facts);
    expect(api.oauth.refreshes).toBe(2);
  });

  test("a renewed token that is refused too is a credential that no longer works", async () => {
    api.trouble("deals/batch/read", { status: 401 }, { status: 401 });
    expect(await readerFor()()).toMatchObject({ failed: "unauthorised" });
    expect(api.oauth.refreshes).toBe(2);
  });

  test("a revoked refresh token says so, and keeps what is stored", async () => {
    api.oauth.refreshTokens.clear();
    const refused = await readerFor()();
    expect(refused).toMatchObject({ failed: "unauthorised" });
    expect(JSON.stringify(refused)).not.toMatch(/refresh-1|secret-1/);
    expect(vault.stored()).toBeNull();
  });

  test.each([
    ["limited", tenSecondly, { failed: "limited", afterMs: 10_000 }],
    ["in trouble", { status: 503 }, { failed: "unavailable" }],
    ["reset", { does: "reset" as const }, { failed: "unavailable" }],
    ["of another shape", { status: 200, body: { access_token: "" } }, { failed: "unavailable" }],
  ])("a renewal that is %s is tried again later", async (_, trouble, expected) => {
    api.trouble("/oauth/v3/token", trouble);
    const read = readerFor();
    expect(await read()).toMatchObject(expected);
    expect(await read()).toMatchObject(facts);
  });

  test("a new refresh token in the settings starts afresh, whatever is stored", async () => {
    await readerFor()();
    api.oauth.refreshTokens = new Set(["refresh-2"]);
    api.tokens.clear();
    expect(await readerFor({ refreshToken: "refresh-2" })()).toMatchObject(facts);
  });

  test("text in the vault that is not ours is not a token", async () => {
    vault = memoryVault("}{");
    expect(await readerFor()()).toMatchObject(facts);
  });
});
