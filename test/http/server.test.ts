/** The outside surface, asked over real HTTP. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createApp } from "../../src/http/app.ts";
import { type Listening, type ListenOptions, listen } from "../../src/http/listen.ts";
import { outboxMessages, type TestParts, testParts } from "./parts.ts";

const running: Listening[] = [];
const serve = async (changes: Partial<TestParts> = {}, options: ListenOptions = {}) => {
  const parts = testParts(changes);
  const server = await listen(createApp(parts), 0, { host: "127.0.0.1", ...options });
  running.push(server);
  const base = `http://127.0.0.1:${server.port}`;
  return { parts, server, base, counted: async () => (await parts.telemetry.text()).body };
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

const post = (url: string, body: string | Buffer = "{}", headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", body: new Uint8Array(Buffer.from(body)), headers });

describe("POST /webhooks/{connection}", () => {
  test("hands over the bytes, the public URL and the headers exactly as they came", async () => {
    const { base, parts } = await serve({ publicUrl: "https://accolade.example.com/base" });
    const body = Buffer.from([0x7b, 0x22, 0xc3, 0xa8, 0xff, 0x00, 0x22, 0x7d]);
    const answer = await post(`${base}/webhooks/hubspot/a%20b/c/?x=%2F&y=è`, body, {
      "Content-Type": "application/json; charset=latin1",
      "X-HubSpot-Signature-V3": "abc=",
    });
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    const [{ connection, request } = { connection: "", request: undefined }] = parts.requests;
    expect(connection).toBe("hubspot");
    expect(request?.method).toBe("POST");
    expect(request?.url).toBe("https://accolade.example.com/base/webhooks/hubspot/a%20b/c/?x=%2F&y=%C3%A8");
    expect(request?.rest).toBe("a b/c");
    expect(request?.headers["x-hubspot-signature-v3"]).toBe("abc=");
    expect(request?.body.equals(body)).toBe(true);
  });

  test("a repeated header is joined; nothing after the connection is an empty rest; no body is no bytes", async () => {
    const { server, parts } = await serve();
    const sent = httpRequest({
      port: server.port,
      method: "POST",
      path: "/webhooks/hubspot",
      headers: { "X-A": ["1", "2"] },
    });
    sent.end();
    const [response] = await once(sent, "response");
    response.resume();
    expect(response.statusCode).toBe(202);
    expect(parts.requests[0]?.request).toMatchObject({ rest: "", headers: { "x-a": "1, 2" } });
    expect(parts.requests[0]?.request.body).toHaveLength(0);
  });

  test("gives the answer that the connector wants", async () => {
    const { base, counted } = await serve();
    const answer = await post(`${base}/webhooks/salesforce`, "<x/>", { "x-test": "ack", "Content-Type": "text/xml" });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "text/xml",
      "<Ack>true</Ack>",
    ]);
    expect(await counted()).toContain('accolade_webhooks_total{connection="salesforce",outcome="accepted"} 1');
  });

  test.each([
    ["unsigned", 401, "unauthorised\n", "signature_missing"],
    ["hidden", 404, "not found\n", "secret_path"],
    ["garbage", 400, "bad request\n", "not_json"],
  ])(
    "%s is refused with %i, told nothing, counted, and logged once however often",
    async (kind, status, text, reason) => {
      const { base, parts, counted } = await serve();
      for (let time = 0; time < 5; time++) {
        const answer = await post(`${base}/webhooks/hubspot?token=s3cr3t`, "{}", { "x-test": kind });
        expect([answer.status, await answer.text()]).toEqual([status, text]);
        expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      }
      expect(await counted()).toContain(`accolade_webhooks_total{connection="hubspot",outcome="${reason}"} 5`);
      expect(parts.lines).toMatchObject([{ step: "webhook refused", connection: "hubspot", reason, status }]);
      expect(JSON.stringify(parts.lines)).not.toContain("s3cr3t");
    },
  );

  test("an unknown connection is 404 before its body is read, and makes no label of its own", async () => {
    const { base, parts, counted } = await serve();
    const answer = await post(`${base}/webhooks/made-up-${Math.random()}/x`, "x".repeat(2_000_000));
    expect([answer.status, await answer.text()]).toEqual([404, "not found\n"]);
    expect(parts.requests).toHaveLength(0);
    expect(await counted()).toContain('accolade_webhooks_total{connection="unknown",outcome="unknown_connection"} 1');
    expect(await counted()).not.toContain("made-up");
  });

  test("the database is away: 503, and when to come again", async () => {
    const { base } = await serve();
    const answer = await post(`${base}/webhooks/hubspot`, "{}", { "x-test": "away" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test.each(["GET", "PUT", "DELETE", "PATCH", "HEAD"])("%s is not allowed", async (method) => {
    const { base, parts } = await serve();
    const answer = await fetch(`${base}/webhooks/hubspot/x`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(parts.requests).toHaveLength(0);
  });

  test("a body over the limit is 413, whether announced, streamed or inflated; one at the limit is taken", async () => {
    const { base, server, parts, counted } = await serve({ bodyLimit: 1_000 });
    expect((await post(`${base}/webhooks/hubspot`, "x".repeat(1_000))).status).toBe(202);
    const over = await post(`${base}/webhooks/hubspot`, "x".repeat(1_001));
    expect([over.status, await over.text()]).toEqual([413, "too large\n"]);

    const streamed = httpRequest({ port: server.port, method: "POST", path: "/webhooks/hubspot" });
    streamed.write("x".repeat(600));
    streamed.end("x".repeat(600));
    const [response] = await once(streamed, "response");
    expect(response.statusCode).toBe(413);
    response.resume();

    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeGreaterThan(1_000);
    const small = gzipSync(Buffer.alloc(100_000));
    expect(small.length).toBeLessThan(1_000);
    for (const packed of [bomb, small])
      expect((await post(`${base}/webhooks/hubspot`, packed, { "Content-Encoding": "gzip" })).status).toBe(413);
    expect(parts.requests).toHaveLength(1);
    expect(await counted()).toContain('accolade_webhooks_total{connection="hubspot",outcome="too_large"} 4');
  });

  test("a compressed body arrives inflated; a broken or unknown compression is refused", async () => {
    const { base, parts } = await serve();
    expect((await post(`${base}/webhooks/hubspot`, gzipSync("[1,2]"), { "Content-Encoding": "gzip" })).status).toBe(
      202,
    );
    expect(parts.requests[0]?.request.body.toString()).toBe("[1,2]");
    expect((await post(`${base}/webhooks/hubspot`, "not gzip", { "Content-Encoding": "gzip" })).status).toBe(400);
    expect((await post(`${base}/webhooks/hubspot`, "x", { "Content-Encoding": "compress" })).status).toBe(415);
    expect(parts.requests).toHaveLength(1);
  });

  test("a path that cannot be decoded, or is too long, is refused", async () => {
    const { base, parts } = await serve();
    expect((await post(`${base}/webhooks/%E0%A4%A`)).status).toBe(400);
    expect((await post(`${base}/webhooks/hubspot/${"x".repeat(20_000)}`)).status).toBe(431);
    expect(parts.lines.filter((line) => line.level === "error")).toEqual([]);
  });

  test("a body that stops half way is cut after the request's time", async () => {
    const { server, parts } = await serve({}, { requestTimeoutMs: 300 });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    const [data] = await once(socket, "data");
    expect(String(data)).toMatch(/^HTTP\/1\.1 408 /);
    if (!socket.closed) await once(socket, "close");
    expect(parts.requests).toHaveLength(0);
  });

  test("a fault of ours is 500 with a number that the log knows, and nothing else", async () => {
    const { base, parts } = await serve();
    const answer = await post(`${base}/webhooks/broken`);
    expect(answer.status).toBe(500);
    const told = (await answer.json()) as { id: string };
    expect(told).toEqual({
      error: "internal",
      id: expect.stringMatching(/^[0-9a-f]{8}$/),
      message: expect.stringContaining("went wrong on our side"),
    });
    expect(parts.lines).toMatchObject([{ level: "error", step: "request failed", id: told.id, method: "POST" }]);
    expect(parts.lines[0]?.error).toBe("no column g…@example.com in secret_table");
  });
});

describe("health", () => {
  test("alive, ready, and not ready with the part that is missing", async () => {
    let queue = true;
    const { base } = await serve({ ready: async () => ({ ok: queue, parts: { database: true, queue } }) });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    queue = false;
    const answer = await fetch(`${base}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([503, { ok: false, parts: { database: true, queue: false } }]);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test("metrics in Prometheus' format, of this instance alone", async () => {
    const { base, parts } = await serve();
    const other = await serve();
    parts.telemetry.grant("issued", 3);
    parts.telemetry.stepTook("decide", 12);
    const answer = await fetch(`${base}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const body = await answer.text();
    expect(body).toContain('accolade_grants_total{state="issued"} 3');
    expect(body).toContain('accolade_step_seconds_bucket{le="0.025",step="decide"} 1');
    expect(await (await fetch(`${other.base}/metrics`)).text()).not.toContain('state="issued"');
  });
});

describe("every answer", () => {
  test.each(["/", "/healthz", "/me/good", "/me/bad", "/outbox", "/nothing/here"])("of %s is guarded", async (path) => {
    const { base } = await serve({ outbox: async () => outboxMessages });
    const { headers } = await fetch(base + path);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toContain("script-src");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toContain("max-age");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("set-cookie")).toBeNull();
  });
});

describe("GET /outbox", () => {
  test("is there in a sandbox only", async () => {
    expect((await fetch(`${(await serve()).base}/outbox`)).status).toBe(404);
    expect((await fetch(`${(await serve({ outbox: async () => [] })).base}/outbox`)).status).toBe(200);
  });
});

describe("stopping", () => {
  test("answers what is in flight, takes nothing new, leaves no idle connection, and ends", async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let arrived = () => {};
    const inFlight = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { base, server } = await serve({
      async accept() {
        arrived();
        await asked;
        return { status: 202, contentType: "text/plain", body: "" };
      },
    });
    await (await fetch(`${base}/healthz`)).text();
    const request = post(`${base}/webhooks/hubspot`);
    await inFlight;
    const closed = server.close(10_000);
    await expect(fetch(`${base}/healthz`)).rejects.toThrow();
    answer();
    expect((await request).status).toBe(202);
    await closed;
  });

  test("cuts what takes longer than it is given", async () => {
    const { base, server } = await serve({ accept: () => new Promise(() => {}) });
    const request = post(`${base}/webhooks/hubspot`);
    request.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    await server.close(100);
    await expect(request).rejects.toThrow();
  });

  test("a port that is taken is said so", async () => {
    const { server } = await serve();
    await expect(listen(createApp(testParts()), server.port, { host: "127.0.0.1" })).rejects.toThrow("EADDRINUSE");
  });
});
