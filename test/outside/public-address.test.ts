/** Nobody reaches our own network through an address that somebody wrote into a configuration. */
import { createServer } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { addressProblem, callOutside, isPublicAddress, publicAddress, publicAgent } from "../../src/public-address.ts";

describe("an address", () => {
  test.each([
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "not an address",
  ])("%s is not public", (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700:4700::1111"])(
    "%s is public",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe("as written", () => {
  test.each([
    "https://127.0.0.1/x",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/latest",
    "https://localhost/",
    "https://x.localhost./",
    "http://example.com/",
    "https://user:secret@example.com/",
    "ftp://example.com/",
    "not a URL",
  ])("%s is refused", (url) => expect(addressProblem(url)).toMatch(/^expected /));
  test.each(["https://example.com/hook?x=1", "https://8.8.8.8:8443/"])("%s is taken", (url) =>
    expect(addressProblem(url)).toBeNull(),
  );
  test("one's own network is taken where it is allowed, and a password never is", () => {
    expect(addressProblem("http://10.0.0.5:8080/hook", { allowPrivate: true })).toBeNull();
    expect(addressProblem("http://u:p@10.0.0.5/hook", { allowPrivate: true })).toMatch(/without user name/);
  });
});

describe("at the call", () => {
  let port = 0;
  let reached = 0;
  const server = createServer((request, response) => {
    reached++;
    if (request.url === "/away") return response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
    response.end("x".repeat(request.url === "/long" ? 1_000_000 : 3));
  });
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  // a name of every machine that leads to itself, and that no list of names knows
  test("a name that leads inside is refused once it was resolved, and nothing reaches the server", async () => {
    const { hostname } = await import("node:os").then((os) => ({ hostname: os.hostname() }));
    const seen = await publicAddress(`https://${hostname}:${port}/`);
    expect(seen).toMatchObject({ refused: expect.any(String) });
    expect(await callOutside(`https://${hostname}:${port}/`, { timeoutMs: 2_000 })).toMatchObject({
      refused: "its name leads to an address that is not public",
    });
    expect(reached).toBe(0);
  });

  test("an agent for libraries refuses a literal address and a name", async () => {
    const ask = (host: string) =>
      new Promise<string>((done) => {
        const request = https.get({ host, port, agent: publicAgent(), path: "/" }, () => done("answered"));
        request.on("error", (error) => done(error.message));
      });
    expect(await ask("localhost")).toBe("its name leads to an address that is not public");
    expect(await ask("127.0.0.1")).toBe("its address is not public");
    expect(reached).toBe(0);
  });

  test("a redirect is an answer, and not followed; a long answer is cut", async () => {
    const away = await callOutside(`http://127.0.0.1:${port}/away`, { timeoutMs: 2_000, allowPrivate: true });
    expect(away).toMatchObject({ status: 302 });
    expect(reached).toBe(1);
    const long = await callOutside(`http://127.0.0.1:${port}/long`, { timeoutMs: 2_000, allowPrivate: true });
    expect("text" in long && long.text.length).toBeLessThanOrEqual(65_536);
  });

  test("nobody there: said in a word, and that nothing was sent", async () => {
    const gone = await callOutside("http://127.0.0.1:1/", { timeoutMs: 2_000, allowPrivate: true });
    expect(gone).toEqual({ failed: "ECONNREFUSED", sent: false });
  });
});
