/** Names and titles from a CRM, and headers from a browser, that would become something else than words. docs/security.md has a row for each test here. */
import { request as httpRequest } from "node:http";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openSender } from "../../src/channels/index.ts";
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { wallPage } from "../../src/http/wall-page.ts";
import { createLog } from "../../src/log.ts";
import { about, shippedRenderer } from "../channels/messages.ts";
import { outboxMessages, testParts } from "../http/parts.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";

const evil = `"><img src=x onerror=alert(1)><script>alert(2)</script>' onmouseover='alert(3)' \${7*7} {{7*7}} javascript:alert(4)`;
/** Tags and attributes of a page that none of ours has. */
const strange = (page: string) => {
  const links = [...page.matchAll(/<a[^>]*href="javascript:[^"]*"/gi)];
  // a quotation mark that was not escaped would end a value here, and what follows would stand as attributes and tags
  const bare = page.replace(/="[^"]*"/g, "");
  return [...links, ...bare.matchAll(/<img|<script>|<[^>]*\son\w+/gi)].map(([found]) => found);
};

describe("pages", () => {
  let bench: PeopleBench;
  beforeAll(async () => {
    bench = await openPeopleBench();
  });
  afterAll(() => bench?.close());

  test("show a deal's and a person's name as they were written, and run nothing of them", async () => {
    await bench.tell(
      bench.contact(870, "email", "ugo@customer.example"),
      bench.contact(870, "firstname", evil),
      bench.contact(870, "lastname", evil),
    );
    const deal = await bench.won("77", { name: evil, contact: 870 });
    await bench.work();
    const { door } = bench;
    const [own, theirs] = [await bench.grantOf(deal), await bench.grantOf(deal, "customer")];
    const paths = [
      await bench.pageOf(own),
      await bench.pageOf(theirs),
      await bench.ownPage("giulia@acme.example"),
      await bench.ownPage("ugo@customer.example"),
      `${await bench.ownPage("ugo@customer.example")}/erase`,
    ];
    let shown = 0;
    for (const path of paths) {
      const answer = await fetch(door + path);
      const page = await answer.text();
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, strange(page)]).toEqual([path, []]);
      expect(answer.headers.get("content-security-policy")).not.toContain("unsafe-inline");
      if (page.includes("&lt;script&gt;alert(2)")) shown++;
    }
    // it was there to be run
    expect(shown).toBeGreaterThan(1);
    const complaint = new URLSearchParams({ what: "this", text: evil });
    await fetch(`${door}${paths[0]}/dispute`, { method: "POST", body: complaint });
    expect(strange(await (await fetch(door + paths[0])).text())).toEqual([]);
  });

  test("of the workspace, the wall and the outbox show names as they were written", async () => {
    const outbox = outboxMessages.map((message) => ({ ...message, to: evil, subject: evil, text: evil }));
    const parts = testParts({ workspaceName: evil, outbox: async () => outbox });
    const server = await listen(createApp(parts), 0, { host: "127.0.0.1" });
    for (const path of [
      "/",
      "/outbox",
      "/me/good",
      "/me/bad",
      "/u/good",
      "/u/bad",
      `/me/${encodeURIComponent(evil)}`,
    ]) {
      const page = await (await fetch(`http://127.0.0.1:${server.port}${path}`)).text();
      // a mail stands in a frame without rights, as an attribute
      expect([path, strange(page)]).toEqual([path, []]);
    }
    await server.close(0);
    const moment = { seq: 1, at: "2026-11-23T09:30:00Z", who: evil, what: evil };
    const wall = wallPage({
      link: { id: 1, team: evil, language: "it", madeAt: new Date(), madeBy: evil, revokedAt: null },
      workspaceName: evil,
      timeZone: "Europe/Rome",
      moments: [moment, moment, moment],
      board: { leaderboard: "people", by: "points", rows: [{ rank: 1, name: evil, score: 3 }] },
      head: 1,
      theme: null,
      version: "1",
    });
    expect(strange(wall)).toEqual([]);
    expect(wall).toContain("&lt;script&gt;alert(2)");
  });

  test("that a caller sends for another host name nobody and lead nowhere else", async () => {
    const path = await bench.pageOf(await bench.grantOf(await bench.won("77")));
    await bench.work();
    const ask = (at: string, method = "GET") =>
      new Promise<string>((resolve, reject) => {
        const headers = {
          host: "evil.example",
          "x-forwarded-host": "evil.example",
          "x-forwarded-proto": "gopher",
          forwarded: "host=evil.example",
          "x-original-url": "/evil.example",
          "content-length": 0,
        };
        const sent = httpRequest({ port: Number(new URL(bench.door).port), path: at, method, headers }, (answer) => {
          let text = JSON.stringify(answer.headers);
          answer.on("data", (chunk) => {
            text += chunk;
          });
          answer.on("end", () => resolve(text));
        });
        sent.on("error", reject);
        sent.end();
      });
    const own = await bench.ownPage("giulia@acme.example");
    for (const [at, method] of [
      ["/", "GET"],
      [path, "GET"],
      [`${path}/reveal`, "GET"],
      [`${path}/reveal`, "POST"],
      [own, "GET"],
      [`${own}/settings`, "GET"],
      [`${own}/push/off`, "POST"],
      ["/api/openapi.json", "GET"],
      ["http://evil.example/me/x", "GET"],
    ] as const)
      expect([at, (await ask(at, method)).includes("evil.example")]).toEqual([at, false]);
  });

  test("redirect to their own paths only, whatever the path says", async () => {
    for (const token of [
      "%2F%2Fevil.example",
      "%5C%5Cevil.example",
      "https:%2F%2Fevil.example",
      "..%2F..%2Fevil.example",
      "%0d%0aLocation:%20https:%2F%2Fevil.example",
      "p.%2F%2Fevil.example",
    ])
      for (const rest of ["reveal", "dispute", "settings", "redeem", "push/off"]) {
        const answer = await fetch(`${bench.door}/me/${token}/${rest}`, { redirect: "manual" });
        const location = answer.headers.get("location");
        if (location === null) continue;
        const target = new URL(location, "https://rewards.example");
        expect([token, target.origin, target.pathname.startsWith("/me/")]).toEqual([
          token,
          "https://rewards.example",
          true,
        ]);
      }
  });
});

test("a name with line breaks becomes no header of a mail, no second recipient and no second mail", async () => {
  const sink = await startSmtpSink();
  const opened = openSender(
    "smtp",
    {
      host: "127.0.0.1",
      port: sink.port,
      user: sink.user,
      password: sink.password,
      from: { name: "Acme", address: "rewards@example.com" },
      requireTls: false,
      timeoutMs: 2_000,
    },
    "email",
    {
      sql: { rows: async () => [], row: async () => undefined, run: async () => 0 },
      now: () => new Date(),
      publicUrl: "https://accolade.example",
    },
  );
  if (!opened.ok) throw new Error(JSON.stringify(opened.problems));
  const renderer = await shippedRenderer();
  const breaks = [
    "\r\nBcc: victim@evil.example\r\n",
    "\nX-Evil: 1",
    "\r\n\r\n<html>",
    "\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    "\u2028Bcc: victim@evil.example",
  ];
  for (const [at, each] of breaks.entries()) {
    const rendered = renderer.renderReward("email", "en", about({ subjectName: `Rossi${each}` }));
    const key = `0b6f7f0e-7a1c-4b7e-9d55-2f1d4b0f9a1${at}`;
    await opened.sender.send({ key, to: "giulia.rossi@example.org", name: `Giulia${each}`, rendered });
    // an address is checked where it enters; should one get through, it is still one address
    await opened.sender.send({ key, to: `giulia@example.org${each}`, name: "Giulia", rendered });
  }
  expect(sink.received.length).toBeGreaterThanOrEqual(breaks.length);
  for (const { mail, to, from } of sink.received) {
    expect(from).toBe("rewards@example.com");
    expect(to).toHaveLength(1);
    expect(to[0]).toMatch(/example\.org/);
    expect(mail.headers.has("bcc") || mail.headers.has("x-evil")).toBe(false);
    expect(mail.headers.get("content-type")).toMatchObject({ value: expect.stringMatching(/^multipart\//) });
  }
  await opened.sender.close?.();
  await sink.close();
});

test("a line of the log stays one line, and moves no cursor", () => {
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const log = createLog({ level: "debug", format, stream });
    const forged = "x\n10:00:00  granted rule=any\r\n\u001b[2J\u001b]0;title\u0007\u202e\u2028\u0085\u0000\u009b31m";
    log.step("decided", { rule: forged, list: [forged], deep: { inner: forged } });
    log.warn("odd", { error: new Error(`${forged}\n    at 10:00:00 granted`) });
    log.error("failed", { error: Object.assign(new Error(forged), { code: forged }) });
    log.seldom(forged, "seldom", { path: forged });
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      // a stack has a line for each of its frames, which say that they are
      const [first = "", ...frames] = line.trimEnd().split("\n");
      expect(first).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      for (const frame of frames) expect(frame).toMatch(/^ {4}at [^\p{Cc}]*$/u);
      if (format === "json") expect(frames).toEqual([]);
    }
  }
});
