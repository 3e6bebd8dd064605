/** Clients that are slow, rude or out for our memory. docs/security.md has a row for each test here. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { createApp } from "../../src/http/app.ts";
import { type Listening, type ListenOptions, listen } from "../../src/http/listen.ts";
import { testParts } from "../http/parts.ts";

const running: Listening[] = [];
const sockets: Socket[] = [];
const serve = async (options: ListenOptions = {}) => {
  const parts = testParts();
  const server = await listen(createApp(parts), 0, { host: "127.0.0.1", ...options });
  running.push(server);
  return { parts, port: server.port, healthy: async () => (await fetch(`http://127.0.0.1:${server.port}/healthz`)).ok };
};
/** A connection whose answers are kept. */
const dial = async (port: number) => {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  let said = "";
  socket.on("data", (data) => {
    said += data;
  });
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  return { socket, said: () => said, ended };
};
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

const head = "POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\n";

test("headers that trickle in are cut when their time is over, and others are served meanwhile", async () => {
  const { port, parts, healthy } = await serve({ headersTimeoutMs: 400, requestTimeoutMs: 5_000 });
  const { socket, said, ended } = await dial(port);
  socket.write(head);
  const trickle = setInterval(() => socket.write("X-A: b\r\n"), 50);
  expect(await healthy()).toBe(true);
  await ended;
  clearInterval(trickle);
  expect(said()).toMatch(/^HTTP\/1\.1 408 /);
  expect(parts.requests).toHaveLength(0);
});

test("a body that trickles in is cut when the request's time is over", async () => {
  const { port, parts, healthy } = await serve({ requestTimeoutMs: 400 });
  const { socket, said, ended } = await dial(port);
  socket.write(`${head}Content-Length: 1000\r\n\r\n`);
  const trickle = setInterval(() => socket.write("x"), 50);
  expect(await healthy()).toBe(true);
  await ended;
  clearInterval(trickle);
  expect(said()).toMatch(/^HTTP\/1\.1 408 /);
  expect(parts.requests).toHaveLength(0);
});

test("half a body and then nobody there: nothing is taken, and nothing is logged as a fault of ours", async () => {
  const { port, parts, healthy } = await serve();
  for (const length of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
    const { socket, ended } = await dial(port);
    socket.write(`${head}${length}\r\n\r\n2\r\n`);
    socket.end();
    await ended;
  }
  expect(await healthy()).toBe(true);
  expect(parts.requests).toHaveLength(0);
  expect(parts.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("connections that say nothing keep nobody out, and are closed", async () => {
  const { port, healthy } = await serve({ headersTimeoutMs: 1_500, requestTimeoutMs: 1_500 });
  const idle = await Promise.all(Array.from({ length: 500 }, () => dial(port)));
  expect(await healthy()).toBe(true);
  await Promise.all(idle.map(({ ended }) => ended));
  expect(await healthy()).toBe(true);
});

test("more header bytes than any sender needs are refused", async () => {
  const { port, parts } = await serve();
  const { socket, said, ended } = await dial(port);
  socket.write(`${head}X-Long: ${"x".repeat(20_000)}\r\n\r\n`);
  await ended;
  expect(said()).toMatch(/^HTTP\/1\.1 431 /);
  expect(parts.requests).toHaveLength(0);
});

test("thousands of headers, or names that mean something to JavaScript, are only headers", async () => {
  const { port, parts } = await serve();
  const many = await dial(port);
  many.socket.write(`${head}Content-Length: 0\r\nConnection: close\r\n${"a:b\r\n".repeat(3_000)}\r\n`);
  await many.ended;
  expect(many.said()).toMatch(/^HTTP\/1\.1 (202|431) /);
  const odd = await dial(port);
  odd.socket.write(
    `${head}Content-Length: 2\r\nConnection: close\r\n__proto__: polluted\r\nconstructor: x\r\ntoString: y\r\n\r\n{}`,
  );
  await odd.ended;
  expect(odd.said()).toMatch(/^HTTP\/1\.1 202 /);
  const headers = parts.requests.at(-1)?.request.headers ?? {};
  expect(Object.keys(headers)).toEqual(expect.arrayContaining(["constructor", "tostring"]));
  expect(headers["x-hubspot-signature-v3"]).toBeUndefined();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("two lengths at once, which proxies read differently, are refused", async () => {
  const { port, parts } = await serve();
  for (const lengths of [
    "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
    "Content-Length: 6\r\nContent-Length: 7\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
  ]) {
    const { socket, said, ended } = await dial(port);
    socket.write(`${head}${lengths}\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n`);
    await ended;
    expect(said()).toMatch(/^HTTP\/1\.1 400 /);
    expect(said().match(/HTTP\/1\.1/g)).toHaveLength(1);
  }
  expect(parts.requests).toHaveLength(0);
});

describe("a compressed bomb", () => {
  let door: ChildProcess;
  let port = 0;
  const used = async () => {
    door.send("used?");
    const [figures] = await once(door, "message");
    return figures as { highestMb: number; cpuMs: number };
  };
  beforeAll(async () => {
    door = fork(path.join(import.meta.dirname, "door-process.ts"), { execArgv: [] });
    const [{ port: at }] = await once(door, "message");
    port = at;
  });
  afterAll(() => {
    door.disconnect();
  });

  const MB = 1_000_000;
  const zeros = Buffer.alloc(120 * MB);
  const packers = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: (data: Buffer) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    zstd: zstdCompressSync,
  } as const;

  test.each(Object.keys(packers) as (keyof typeof packers)[])(
    "in %s is refused, costs little memory, and is not unpacked any further",
    async (encoding) => {
      const pack = packers[encoding];
      const bomb = pack(zeros);
      expect(bomb.length).toBeLessThan(5 * MB);
      const before = await used();
      const sent = httpRequest({
        port,
        method: "POST",
        path: "/webhooks/hubspot",
        headers: { "content-encoding": encoding, "content-length": bomb.length },
      });
      sent.end(bomb);
      const [response] = await once(sent, "response");
      response.resume();
      expect(response.statusCode).toBe(413);
      const answered = await used();
      expect(answered.highestMb - before.highestMb).toBeLessThan(60);
      // while it serves others, what is left of the bomb is not looked at
      for (let times = 0; times < 30; times++) await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
      const later = await used();
      expect(later.cpuMs - answered.cpuMs).toBeLessThan(200);
      expect(later.highestMb - before.highestMb).toBeLessThan(60);
    },
  );
});
