/** Nothing that a log may not say gets into a line, wherever it was left. */
import { Writable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createLog, type LogOptions } from "../../src/log.ts";

const writing = (options: Partial<LogOptions> = {}) => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLog({
    level: "info",
    format: "json",
    stream,
    now: () => new Date("2026-11-23T09:30:00Z"),
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") };
};

describe("a line", () => {
  test("is one JSON object, with what the step had to say", () => {
    const { log, last } = writing();
    log.with({ role: "ingress" }).step("accepted", { connection: "hubspot", events: 3, ms: 4.5, row: "17" });
    expect(last()).toEqual({
      at: "2026-11-23T09:30:00.000Z",
      level: "info",
      step: "accepted",
      role: "ingress",
      connection: "hubspot",
      events: 3,
      ms: 4.5,
      row: "17",
    });
  });

  test("reads well in a terminal", () => {
    const { log, lines } = writing({ format: "text" });
    log.step("decided", { rule: "enterprise-win", reason: "limit reached", grants: 2 });
    log.warn("queue trouble", { error: new Error("connect ECONNREFUSED") });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}decided +rule=enterprise-win reason="limit reached" grants=2\n$/);
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d {2}WARN queue trouble +error="connect ECONNREFUSED"\n$/);
  });

  test("is left out below the level that was asked for", () => {
    const { log, lines } = writing({ level: "warn" });
    log.debug("a");
    log.step("b");
    log.warn("c");
    expect(lines).toHaveLength(1);
  });

  test("survives whatever it is given", () => {
    const { log, last } = writing();
    const circle: Record<string, unknown> = {
      size: 1n,
      when: new Date("2026-01-02T03:04:05Z"),
      bytes: Buffer.from("abc"),
    };
    circle.self = circle;
    log.step("odd", { circle, never: undefined, bad: new Date(Number.NaN), level: "x", message: "y", act: () => 1 });
    expect(last()).toMatchObject({ step: "odd", level: "info", bad: "invalid date" });
    expect(last().circle).toMatchObject({ size: "1", when: "2026-01-02T03:04:05.000Z", bytes: "3 bytes" });
  });
});

describe("a line does not show", () => {
  const hidden: [string, Record<string, unknown>][] = [
    ["s3cr3t-value", { secret: "s3cr3t-value" }],
    ["s3cr3t-value", { clientSecret: "s3cr3t-value" }],
    ["s3cr3t-value", { client_secret: ["s3cr3t-value"] }],
    ["s3cr3t-value", { headers: { authorization: "Bearer s3cr3t-value", "x-hubspot-signature-v3": "s3cr3t-value" } }],
    ["s3cr3t-value", { settings: { apiKey: "s3cr3t-value", accessToken: { deep: "s3cr3t-value" } } }],
    ["s3cr3t-value", { detail: "sent Bearer s3cr3t-value" }],
    ["s3cr3t-value", { url: "https://api.example.com/x?hapikey=s3cr3t-value&a=1" }],
    ["s3cr3t-value", { path: "/receipts/twilio?auth=s3cr3t-value" }],
    ["s3cr3t-value", { url: "postgres://admin:s3cr3t-value@db.example.com/accolade" }],
    ["s3cr3t-value", { url: "https://accolade.example.com/me/s3cr3t-value/reveal" }],
    ["s3cr3t-value", { url: "https://accolade.example.com/webhooks/salesforce/s3cr3t-value" }],
    ["ABCD-1234", { code: "ABCD-1234", pin: 9876 }],
    ["9876", { code: "ABCD-1234", pin: 9876 }],
    ["Giulia", { first_name: "Giulia", recipientName: "Giulia" }],
    ["giulia.rossi", { email: "giulia.rossi@example.com" }],
    ["giulia.rossi", { detail: "550 no such user <giulia.rossi@example.com>" }],
    ["giulia.rossi", { list: [{ to: "giulia.rossi+crm@example.com" }] }],
    ["3331234567", { to: "+393331234567" }],
    ["333 123", { detail: "to whatsapp:+39 333 123 4567 refused" }],
    ["dealname", { body: '{"dealname":"x"}' }],
    ["giulia.rossi", { error: new Error("cannot send to giulia.rossi@example.com") }],
    [
      "s3cr3t-value",
      { error: new Error("GET https://x.example/?key=s3cr3t-value", { cause: new Error("Basic s3cr3t-value") }) },
    ],
    [
      "s3cr3t-value",
      { error: Object.assign(new Error("duplicate key"), { detail: "Key (code)=(s3cr3t-value) exists" }) },
    ],
    ["known-to-config", { odd: "what known-to-config is" }],
  ];
  for (const format of ["json", "text"] as const)
    test.each(hidden)(`%s, left in %j (${format})`, (secret, fields) => {
      const { log, lines } = writing({ format, secrets: ["known-to-config", "short"] });
      log.error("failed", fields);
      log.with(fields).warn(`failed for ${JSON.stringify(fields).includes("@") ? "giulia.rossi@example.com" : "it"}`);
      expect(lines.join("")).not.toContain(secret);
    });

  test("but it keeps what an operator needs", () => {
    const { log, last } = writing();
    const error = Object.assign(new Error("cannot send to giulia@example.com"), { code: "EENVELOPE" });
    log.error("failed", {
      error,
      url: "https://api.example.com/v1/orders?x=1",
      row: "12345678901",
      at: "2026-11-23T09:30:00+02:00",
    });
    expect(last()).toMatchObject({
      error: "cannot send to g…@example.com",
      errorCode: "EENVELOPE",
      url: "https://api.example.com/v1/orders?…",
      row: "12345678901",
      stack: expect.stringContaining("log.test.ts"),
    });
  });

  test("an address, wherever it stands in whatever text", () => {
    const { log, lines } = writing();
    fc.assert(
      fc.property(fc.emailAddress(), fc.string(), fc.string(), (email, before, after) => {
        lines.length = 0;
        log.step(`${before} ${email}`, { detail: [{ text: `${before} ${email} ${after}` }] });
        return !lines.join("").includes(email);
      }),
    );
  });
});

test("a flood of one warning is one line in ten seconds, and the next says how many were left out", () => {
  let at = 0;
  const { log, lines, last } = writing({ now: () => new Date(at) });
  for (let time = 0; time < 100; time++) log.seldom("hubspot signature", "webhook refused", { connection: "hubspot" });
  log.seldom("salesforce signature", "webhook refused", { connection: "salesforce" });
  expect(lines).toHaveLength(2);
  at = 10_000;
  log.seldom("hubspot signature", "webhook refused", { connection: "hubspot" });
  expect(lines).toHaveLength(3);
  expect(last()).toMatchObject({ connection: "hubspot", more: 99 });
});
