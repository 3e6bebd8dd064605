/** Addresses that somebody else wrote: none leads into our own network, and none gets a token. docs/security.md has a row for each test here. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Surroundings } from "../../connectors/connector.ts";
import { connectorById, connectors } from "../../connectors/index.ts";
import { openSender, senders } from "../../src/channels/index.ts";
import { providerKinds } from "../../src/rewards/index.ts";
import { requestFor } from "../channels/sender-benches.ts";

const now = () => new Date("2026-11-23T09:30:00Z");
const sql = { rows: async () => [], row: async () => undefined, run: async () => 0 };

/** A server of our own network, which must not be reached. */
let port = 0;
const reached: string[] = [];
let answer: (url: string) => { status: number; headers?: Record<string, string>; body: unknown } = () => ({
  status: 200,
  body: {},
});
const inside = createServer((request, response) => {
  reached.push(request.url ?? "");
  const { status, headers, body } = answer(request.url ?? "");
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
});
beforeAll(async () => {
  await new Promise<void>((listening) => inside.listen(0, "0.0.0.0", listening));
  port = (inside.address() as AddressInfo).port;
});
afterAll(() => new Promise((closed) => inside.close(closed)));
beforeEach(() => {
  reached.splice(0);
});

describe("a webhook of Slack or Teams", () => {
  const kinds = senders.filter(({ settings }) => settings.safeParse({ webhook: "https://x.example/" }).success);
  const open = (id: string, webhook: string) =>
    openSender(id, { webhook, timeoutMs: 2_000 }, "celebration", { sql, now, publicUrl: "https://accolade.example" });

  test("is refused as written where it leads inside", () => {
    expect(kinds.map(({ id }) => id).sort()).toEqual(["slack-webhook", "teams"]);
    for (const { id } of kinds)
      for (const webhook of [
        "http://hooks.example/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost:8080/",
        "https://user:secret@hooks.example/",
        "file:///etc/passwd",
      ])
        expect(open(id, webhook)).toMatchObject({ ok: false, problems: [{ path: "webhook" }] });
  });

  test("is refused at the call where its name leads inside, and nothing was sent", async () => {
    for (const { id } of kinds) {
      const opened = open(id, `https://${hostname()}:${port}/services/x`);
      if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
      expect(await opened.sender.send(requestFor("celebration"))).toMatchObject({
        outcome: "rejected",
        kind: "configuration",
        detail: expect.stringContaining("not public"),
      });
    }
    expect(reached).toEqual([]);
  });

  test("that redirects is not followed", async () => {
    answer = () => ({ status: 307, headers: { location: `http://127.0.0.1:${port}/elsewhere` }, body: {} });
    for (const { id } of kinds) {
      const settings = { webhook: `http://127.0.0.1:${port}/services/x`, allowPrivate: true, timeoutMs: 2_000 };
      const opened = openSender(id, settings, "celebration", { sql, now, publicUrl: "https://accolade.example" });
      if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
      expect(await opened.sender.send(requestFor("celebration"))).not.toMatchObject({ outcome: "accepted" });
    }
    expect(reached).toEqual(["/services/x", "/services/x"]);
  });
});

test("the address of a vendor's API takes no credentials over plain http, and holds none", () => {
  const kinds = [
    ...[...senders, ...providerKinds].map(({ id, settings }) => ({
      id,
      check: (value: unknown) => settings.safeParse(value),
    })),
  ];
  const problems = (
    check: (value: unknown) => { error?: { issues: { path: PropertyKey[] }[] } | undefined },
    apiBase: string,
  ) =>
    check({ apiBase })
      .error?.issues.filter(({ path }) => path[0] === "apiBase")
      .map(({ path }) => path.join("."));
  const withOne = kinds.filter(({ check }) => problems(check, "no address")?.length === 1);
  expect(withOne.map(({ id }) => id).sort()).toEqual(
    ["amazon-sns", "giftbit", "meta", "plum", "slack", "tango", "tremendous", "twilio", "vonage"].sort(),
  );
  for (const { id, check } of withOne) {
    for (const apiBase of [
      "http://api.example",
      "http://10.0.0.5/",
      "https://user:secret@api.example",
      "ftp://api.example",
      "file:///etc/passwd",
    ])
      expect([id, apiBase, problems(check, apiBase)]).toEqual([id, apiBase, ["apiBase"]]);
    expect([id, problems(check, "https://api.example/v2") ?? []]).toEqual([id, []]);
  }
});

test("the address of a CRM's API takes no token over plain http, and holds none", () => {
  const opened = (id: string, settings: object) => connectorById(id)?.open("acme", settings);
  const hubspot = { clientSecret: "s", accessToken: "t" };
  const salesforce = { orgId: "00Dxx0000001gEREAY", secretPath: "sample_path_secret_0123456789" };
  const login = (loginUrl: string) => ({ ...salesforce, api: { loginUrl, clientId: "c", clientSecret: "s" } });
  for (const address of [
    "http://api.example",
    "http://10.0.0.5/",
    "https://user:secret@api.example",
    "ftp://api.example",
  ]) {
    expect(opened("hubspot", { ...hubspot, apiBase: address })).toMatchObject({ problems: [{ at: ["apiBase"] }] });
    expect(opened("salesforce", login(address))).toHaveProperty("problems");
  }
  expect(opened("hubspot", { ...hubspot, apiBase: "https://api.example" })).toHaveProperty("connection");
  expect(opened("salesforce", login("https://acme.my.salesforce.com"))).toHaveProperty("connection");
  // whoever adds a connector that calls its CRM adds it above
  expect(connectors.map(({ id }) => id)).toEqual(["hubspot", "salesforce", "webhook"]);
});

/** Logs in there, and asks for one deal. */
const readOneDeal = (loginUrl: string) => {
  const opened = connectorById("salesforce")?.open("acme", {
    orgId: "00Dxx0000001gEREAY",
    secretPath: "sample_path_secret_0123456789",
    api: { loginUrl, clientId: "c", clientSecret: "s", timeoutMs: 1_000 },
  });
  if (!opened || "problems" in opened) throw new Error(JSON.stringify(opened));
  const around: Surroundings = { connection: "acme", tokens: { exclusively: (change) => change(null) }, now };
  return opened.connection.reader(around)?.read([{ kind: "deal", id: "006xx000004TmiQAAS" }], now());
};

test.each([
  "http://127.0.0.1:{port}/elsewhere",
  "https://127.0.0.1:{port}",
  "https://169.254.169.254",
  "https://localhost:{port}",
  "https://[::1]:{port}",
  "http://acme.my.salesforce.com",
  "https://user@acme.my.salesforce.com",
  "https://metadata.google.internal",
])("a login that sends us to %s gets no token", async (instance) => {
  const login = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        access_token: "00Dxx!a-token",
        instance_url: instance.replace("{port}", String(port)),
        id: "https://login.salesforce.com/id/00Dxx0000001gEREAY/005xx000001SvkBAAS",
      }),
    );
  });
  await new Promise<void>((listening) => login.listen(0, "127.0.0.1", listening));
  const loginUrl = `http://127.0.0.1:${(login.address() as AddressInfo).port}`;
  const read = await readOneDeal(loginUrl);
  expect(read).toMatchObject({ failed: "unavailable", detail: expect.stringContaining("instance_url") });
  expect(reached).toEqual([]);
  await new Promise((closed) => login.close(closed));
});

test("a next page of Salesforce that lies elsewhere is not asked for", async () => {
  const own: string[] = [];
  const org = createServer((request, response) => {
    own.push(new URL(request.url ?? "", "http://org").pathname);
    const origin = `http://127.0.0.1:${(org.address() as AddressInfo).port}`;
    const id = "https://login.salesforce.com/id/00Dxx0000001gEREAY/005xx000001SvkBAAS";
    const answer = request.url?.startsWith("/services/oauth2/token")
      ? { access_token: "00Dxx!a-token", instance_url: origin, id }
      : { records: [], done: false, nextRecordsUrl: `http://127.0.0.1:${port}/elsewhere` };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => org.listen(0, "127.0.0.1", listening));
  const loginUrl = `http://127.0.0.1:${(org.address() as AddressInfo).port}`;
  expect(await readOneDeal(loginUrl)).toMatchObject({ failed: "unavailable", detail: expect.stringContaining("rows") });
  expect(own.some((each) => each.endsWith("/query") || each.endsWith("/queryAll"))).toBe(true);
  expect(reached).toEqual([]);
  await new Promise((closed) => org.close(closed));
});
