/** A sender that is put off comes back when it was told to; one that is refused does not. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "@jest/globals";
import { post } from "../../src/simulate/post.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** Answers one after the other, the last one for ever. */
const answering = async (...answers: { status: number; headers?: Record<string, string> }[]) => {
  const bodies: string[] = [];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    const { status, headers = {} } = answers[Math.min(bodies.length, answers.length) - 1] ?? { status: 500 };
    response.writeHead(status, headers).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`, bodies };
};

const send = async (url: string, patienceMs = 60_000) => {
  const pauses: number[] = [];
  const sleep = async (ms: number) => {
    pauses.push(ms);
  };
  const posted = await post(url, (attempt) => ({ headers: {}, body: `attempt ${attempt}` }), patienceMs, sleep);
  return { posted, pauses };
};

test("503 and 429 are sent again after the time that the server asks for, each attempt made anew", async () => {
  const { url, bodies } = await answering(
    { status: 503, headers: { "retry-after": "5" } },
    { status: 429, headers: { "retry-after": new Date(Date.now() + 20_000).toUTCString() } },
    { status: 202 },
  );
  const { posted, pauses } = await send(url);
  expect(posted).toEqual({ taken: true, again: 2 });
  expect(pauses[0]).toBe(5_000);
  expect(pauses[1]).toBeGreaterThan(17_000);
  expect(pauses[1]).toBeLessThanOrEqual(20_000);
  expect(bodies).toEqual(["attempt 0", "attempt 1", "attempt 2"]);
});

test("a server that says no is not asked again", async () => {
  const { url, bodies } = await answering({ status: 401 });
  expect((await send(url)).posted).toEqual({ taken: false, status: 401, again: 0 });
  expect(bodies).toHaveLength(1);
});

test("a server that is away is asked with growing pauses, and given up in the end", async () => {
  const { url } = await answering({ status: 202 });
  await new Promise((resolve) => server?.close(resolve));
  const { posted, pauses } = await send(url, 5_000);
  expect(posted).toMatchObject({ taken: false, status: undefined });
  expect(pauses.slice(0, 4)).toEqual([200, 400, 800, 1600]);
});
