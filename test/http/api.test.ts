/** The admin API over HTTP: who may call it, what it says, and that its description is true. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { routes } from "../../src/http/api/index.ts";
import { freeGrants } from "../../src/pipeline/decide-free.ts";
import { type ApprovalBench, openApprovalBench, owes, toHandOver, tokenOf } from "../support/approval-bench.ts";

let bench: ApprovalBench;
let grant: string;
let approval: string;
const cost = { kind: "acquisition", amount: "100.00", currency: "EUR", from: "2026-11-01", until: "2026-11-10" };
beforeAll(async () => {
  bench = await openApprovalBench();
  grant = await bench.won("78");
  approval = await bench.waits(grant);
});
afterAll(() => bench.close());

const raw = (path: string, init: RequestInit = {}, token?: string) =>
  fetch(`${bench.door}/api${path}`, { ...init, ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}) });

describe("who may call", () => {
  test("nobody without a token, with a wrong one, or with one in the wrong place", async () => {
    const wrong = [undefined, "Bearer ", `Bearer ${tokenOf("anna")}x`, `Basic ${tokenOf("anna")}`, tokenOf("anna")];
    for (const authorization of wrong) {
      const answer = await fetch(`${bench.door}/api/v1/me`, { headers: authorization ? { authorization } : {} });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(await answer.json()).toEqual({
        error: "unauthorised",
        message: expect.stringMatching(/^Found .*token.*, expected Authorization: Bearer/),
      });
    }
    expect((await raw(`/v1/me?token=${tokenOf("anna")}`)).status).toBe(401);
  });

  test("me: the user behind the token, whose answer no cache keeps", async () => {
    const answer = await raw("/v1/me", {}, tokenOf("anna"));
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      email: "anna@acme.example",
      name: "Anna Conti",
      roles: ["approver"],
      groups: ["finance"],
    });
  });

  test("a role that is not enough is told which one would be", async () => {
    for (const name of ["vera", "edda"])
      expect(await bench.call(name, "GET", "/approvals")).toEqual({
        status: 403,
        body: { error: "role", message: `Found ${name === "vera" ? "viewer" : "editor"}, expected approver or admin.` },
      });
  });

  test("who guesses tokens waits", async () => {
    const other = await bench.serve();
    const ask = (token: string) =>
      fetch(`http://127.0.0.1:${other.port}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    for (let n = 0; n < 40; n++) expect((await ask(tokenOf("anna"))).status).toBe(200);
    const statuses = [];
    for (let n = 0; n < 22; n++) statuses.push((await ask(`guess-${n}`)).status);
    expect(new Set(statuses.slice(0, 20))).toEqual(new Set([401]));
    expect(statuses.slice(20)).toEqual([429, 429]);
    expect((await ask(tokenOf("anna"))).status).toBe(429);
    await other.close(0);
  });
});

describe("what cannot be understood", () => {
  test.each([
    ["GET", "/approvals?state=opn", undefined, /^query\.state: /],
    ["GET", "/approvals?limit=0", undefined, /^query\.limit: /],
    ["GET", "/approvals?stat=open", undefined, /found stat, expected no such key/],
    ["GET", "/approvals?state=open&state=declined", undefined, /Found state twice, expected it once/],
    ["GET", "/approvals/12", undefined, /^path\.id: /],
    ["GET", "/approvals?group=%00", undefined, /^query\.group: /],
    ["POST", "/approvals/bulk", { ids: [], decision: "approve" }, /^body\.ids: /],
    ["POST", "/approvals/bulk", [], /^body: /],
    ["POST", "/approvals/bulk", undefined, /^body\.ids: /],
  ] as const)("%s %s %j: 422, and the place", async (method, path, body, message) => {
    expect(await bench.call("anna", method, path, body)).toEqual({
      status: 422,
      body: { error: expect.any(String), message: expect.stringMatching(message) },
    });
  });

  test("a body that is not JSON, or larger than anything that we take", async () => {
    const post = (body: string) => raw("/v1/approvals/bulk", { method: "POST", body }, tokenOf("anna"));
    const broken = await post("{");
    expect([broken.status, await broken.json()]).toEqual([
      422,
      { error: "body", message: "Found a body that is not JSON, expected a JSON object." },
    ]);
    const large = await post(JSON.stringify({ ids: "x".repeat(70_000) }));
    expect([large.status, ((await large.json()) as { error: string }).error]).toEqual([413, "too_large"]);
  });

  test("another path, another method, another id", async () => {
    expect(await bench.call("anna", "GET", "/approval")).toMatchObject({ status: 404, body: { error: "not_found" } });
    expect(await bench.call("anna", "POST", "/me")).toMatchObject({ status: 405, body: { error: "method" } });
    const id = "00000000-0000-4000-8000-000000000000";
    expect(await bench.call("anna", "GET", `/approvals/${id}`)).toMatchObject({ status: 404 });
    expect(await bench.call("anna", "POST", `/approvals/${id}/approve`, {})).toMatchObject({ status: 404 });
    expect(await bench.call("vera", "GET", `/grants/${id}`)).toMatchObject({ status: 404 });
  });
});

test("grants: what happened and why; a viewer sees names and no address", async () => {
  const list = await bench.call("edda", "GET", "/grants?limit=1");
  expect(list.body.grants).toEqual([
    expect.objectContaining({
      id: grant,
      state: "awaiting_approval",
      rule: "big",
      title: "Big deal",
      value: { minor: 300, currency: "PTS", text: "300 points" },
      subject: "deal Rossi",
      recipient: expect.objectContaining({ name: "Tom Baker", email: "tom@acme.example" }),
    }),
  ]);
  expect((await bench.call("edda", "GET", `/grants?after=${list.body.next}`)).body.grants).toEqual([]);
  const story = await bench.call("edda", "GET", `/grants/${grant}`);
  expect(story.body.moves).toEqual([expect.objectContaining({ from: null, to: "approved", actor: "decide" })]);
  expect(story.body.explanation[0]?.rules[0]?.lines).toEqual([
    { text: "deal.amount >= 1000", held: true, saw: { "deal.amount": 62000 } },
  ]);
  for (const path of ["/grants", `/grants/${grant}`]) {
    const seen = JSON.stringify((await bench.call("vera", "GET", path)).body);
    expect(seen).toContain("Tom Baker");
    expect(seen).not.toMatch(/tom@|\+39/);
  }
});

test("the list goes on where it stopped", async () => {
  const second = await bench.waits(await bench.won("78", "Verdi"));
  const first = await bench.call("anna", "GET", "/approvals?state=open&limit=1");
  const rest = await bench.call("anna", "GET", `/approvals?state=open&after=${first.body.next}`);
  expect([first.body.approvals[0]?.id, ...rest.body.approvals.map((each) => each.id)].sort()).toEqual(
    [approval, second].sort(),
  );
  expect(rest.body.next).toBeNull();
});

/** As fulfil leaves a grant whose order nobody heard of. */
const ofUnknownOutcome = async (id: string) => {
  const { database } = bench.opened;
  await database.run("update grants set state = 'unknown' where id = $1", [id]);
  const request = { key: id, value: { minor: 100, currency: "EUR" }, options: {}, title: "A card", recipient: { id } };
  await database.run("insert into orders (grant_id, provider, request, cost_minor) values ($1, 'points', $2, 100)", [
    id,
    JSON.stringify(request),
  ]);
};

describe("/api/openapi.json", () => {
  const read = async () => {
    const description = await (await raw("/openapi.json")).json();
    return z
      .object({
        openapi: z.string(),
        paths: z.record(
          z.string(),
          z.record(z.string(), z.looseObject({ operationId: z.string(), responses: z.any() })),
        ),
        components: z.any(),
      })
      .parse(description);
  };

  test("has every route, each under a name of its own, and no other", async () => {
    const { openapi, paths } = await read();
    expect(openapi).toMatch(/^3\.1\./);
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
    const names = Object.values(paths).flatMap((methods) => Object.values(methods).map((each) => each.operationId));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+[A-Za-z]+$/);
  });

  test("every answer of every route fits its schema, refusals too", async () => {
    const { paths, components } = await read();
    const gone = await bench.waits(await bench.won("78", "Gone"));
    const owing = await owes(bench);
    const [mug, broken] = [await toHandOver(bench), await toHandOver(bench)];
    const lost = await bench.won("78", "Lost");
    await bench.database.transaction(async (tx) => {
      await tx.run("update grants set state = 'failed' where id = $1", [lost]);
      await freeGrants(tx, [lost]);
    });
    const [yes, no, some] = [approval, gone, await bench.waits(await bench.won("78", "Some"))];
    const unsure = await bench.won("78", "Unsure");
    await ofUnknownOutcome(unsure);
    const asked = [
      ["get", "/grants/{id}/order", `/grants/${unsure}/order`],
      ["get", "/grants/{id}/order", `/grants/${yes}/order`, undefined, "edda"],
      ["get", "/grants/{id}/order", "/grants/8d6f0d3e-0000-4000-8000-000000000001/order"],
      ["post", "/grants/{id}/settle", `/grants/${unsure}/settle`, { ordered: true, reference: "RA-1" }, "paolo"],
      ["post", "/grants/{id}/settle", `/grants/${unsure}/settle`, { ordered: false }, "paolo"],
      ["get", "/me", "/me"],
      ["get", "/approvals", "/approvals?state=open"],
      ["get", "/approvals/{id}", `/approvals/${yes}`],
      ["post", "/approvals/{id}/approve", `/approvals/${yes}/approve`, {}],
      ["post", "/approvals/{id}/approve", `/approvals/${yes}/approve`, {}],
      ["post", "/approvals/{id}/decline", `/approvals/${no}/decline`, {}],
      ["post", "/approvals/{id}/decline", `/approvals/${no}/decline`, { reason: "The margin is too thin." }],
      ["post", "/approvals/bulk", "/approvals/bulk", { ids: [yes, some], decision: "approve" }],
      ["get", "/approvals/{id}", `/approvals/${yes}`],
      ["get", "/grants", "/grants", undefined, "vera"],
      ["get", "/grants/{id}", `/grants/${grant}`, undefined, "vera"],
      ["get", "/grants", "/grants"],
      ["get", "/grants/{id}", `/grants/${grant}`],
      ["get", "/explain/{what}", `/explain/${grant}?lang=it`],
      ["get", "/explain/{what}", "/explain/1", undefined, "vera"],
      ["get", "/explain/{what}", "/explain/999999"],
      ["get", "/recipients/{recipient}/explain", "/recipients/tom@acme.example/explain", undefined, "vera"],
      ["get", "/recipients/{recipient}/explain", "/recipients/hub%2Fuser%2F78/explain?lang=en"],
      ["get", "/rules", "/rules"],
      ["get", "/rules/versions", "/rules/versions"],
      ["post", "/pause", "/pause", { what: "channel email", why: "A test" }, "paolo"],
      ["post", "/pause", "/pause", { what: "channel fax", why: "A test" }, "paolo"],
      ["get", "/pauses", "/pauses", undefined, "vera"],
      ["post", "/resume", "/resume", {}, "paolo"],
      ["get", "/budgets", "/budgets", undefined, "vera"],
      ["get", "/ledger/balances", "/ledger/balances", undefined, "edda"],
      ["get", "/exports/spend", "/exports/spend?by=rule&every=month", undefined, "edda"],
      ["get", "/debts", "/debts", undefined, "edda"],
      ["post", "/debts/{recipient}/forgive", `/debts/${owing}/forgive`, { why: "A gesture" }, "paolo"],
      ["post", "/debts/{recipient}/forgive", `/debts/${owing}/forgive`, { why: "Once more" }, "paolo"],
      ["post", "/rewards/tasks/{id}/done", `/rewards/tasks/${mug}/done`, { note: "On your desk" }, "edda"],
      ["post", "/rewards/tasks/{id}/done", `/rewards/tasks/${mug}/done`, {}],
      ["post", "/rewards/tasks/{id}/cannot", `/rewards/tasks/${broken}/cannot`, { reason: "None are left" }],
      ["get", "/rewards/tasks", "/rewards/tasks", undefined, "edda"],
      ["post", "/grants/{id}/retry", `/grants/${lost}/retry`, { because: "There is one again" }],
      ["post", "/grants/{id}/retry", `/grants/${lost}/retry`, { because: "There is one again" }],
      ["post", "/grants/{id}/take-back", `/grants/${lost}/take-back`, { because: "It was for somebody else" }],
      ["post", "/grants/{id}/take-back", `/grants/${lost}/take-back`, { because: "It was for somebody else" }],
      ["get", "/metrics", "/metrics"],
      ["get", "/metrics/{name}", "/metrics/close_rate?of=owner&over=quarter&at=2026-11-25&basis=closed"],
      ["get", "/metrics/{name}", "/metrics/close_rat"],
      ["post", "/costs", "/costs", cost, "edda"],
      ["get", "/webhooks", "/webhooks", undefined, "edda"],
      ["get", "/webhooks/log", "/webhooks/log?failed=true", undefined, "edda"],
      ["post", "/webhooks/replay", "/webhooks/replay", { since: "2026-11-01T00:00:00Z" }, "paolo"],
      ["post", "/webhooks/{endpoint}/test", "/webhooks/desk/test", {}, "paolo"],
      ["post", "/webhooks/{endpoint}/test", "/webhooks/nobody/test", {}, "paolo"],
      ["post", "/webhooks/{endpoint}/enable", "/webhooks/desk/enable", {}, "paolo"],
      ["get", "/people", "/people?kind=rep&limit=2", undefined, "vera"],
      ["get", "/people/orphans", "/people/orphans", undefined, "vera"],
      ["get", "/people/{who}", "/people/hub%2Fuser%2F78", undefined, "vera"],
      ["get", "/people/{who}", "/people/nobody@acme.example"],
      ["get", "/people/{who}/export", "/people/tom@acme.example/export", undefined, "paolo"],
      [
        "post",
        "/people/import",
        "/people/import",
        { csv: "name,email\nAda,ada@acme.example\nIda,x", check: true },
        "edda",
      ],
      [
        "post",
        "/people/{who}/consents",
        "/people/tom@acme.example/consents",
        { channel: "sms", status: "in", evidence: "a call" },
        "edda",
      ],
      ["post", "/people/{who}/revoke", "/people/tom@acme.example/revoke", undefined, "edda"],
      ["post", "/people/{who}/erase", "/people/tom@acme.example/erase", { confirm: true }, "paolo"],
    ] as const;
    const seen = new Set<string>();
    for (const [method, path, url, body, name = "anna"] of asked) {
      const answer = await bench.call(name, method === "get" ? "GET" : "POST", url, body);
      const response = paths[path]?.[method]?.responses[answer.status];
      const { schema } = response.content["application/json"];
      const strict = z.fromJSONSchema(schema.$ref ? components.schemas.Error : schema);
      expect({ url, status: answer.status, fits: strict.safeParse(answer.body).error }).toEqual({
        url,
        status: answer.status,
        fits: undefined,
      });
      if (answer.status === 200) seen.add(`${method} ${path}`);
    }
    expect([...seen].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });
});
