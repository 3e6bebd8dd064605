/** A recipient's own page: what it shows, what it keeps to itself, and that looking changes nothing. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { createApp } from "../../src/http/app.ts";
import { claimPage } from "../../src/http/claim-page.ts";
import { html, trusted } from "../../src/http/html.ts";
import { type Listening, listen } from "../../src/http/listen.ts";
import { colours } from "../../src/http/page.ts";
import type { Claim } from "../../src/http/parts.ts";
import { en } from "../../src/http/texts/en.ts";
import { speakerFor } from "../../src/http/texts/index.ts";
import { it as italian } from "../../src/http/texts/it.ts";
import { aClaim, type TestParts, testParts } from "./parts.ts";

const running: Listening[] = [];
const serve = async (changes: Partial<TestParts> = {}) => {
  const parts = testParts(changes);
  const server = await listen(createApp(parts), 0, { host: "127.0.0.1" });
  running.push(server);
  return { parts, base: `http://127.0.0.1:${server.port}` };
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

/** What a reader sees: without tags, styles and line breaks. */
const read = (page: string) =>
  page
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ");
const page = (changes: Partial<Claim> = {}) => claimPage({ ...aClaim, ...changes }, "/me/good", null);

describe("the page", () => {
  test("says what it is for, what it is worth and why, without the code", async () => {
    const { base } = await serve();
    const answer = await fetch(`${base}/me/good`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-robots-tag")).toContain("noindex");
    const body = await answer.text();
    expect(body).not.toContain("XMAS-7KQ2-9FWD");
    const text = read(body);
    expect(text).toContain("Giulia, the Rossi deal is won: 62,000 EUR in 41 days.");
    expect(text).toContain("A gift card of your choice Worth 100 EUR");
    expect(text).toContain("From Northwind Sales on 23 November 2026");
    expect(text).toContain("Valid until 21 February 2027");
    expect(text).toContain("It comes from the rule “Enterprise deal won”.");
    expect(text).toContain("deal.amount >= 50000 was 62000");
  });

  test("shows the code only to who asks for it, and looking asks for nothing", async () => {
    let reveals = 0;
    const { base } = await serve({
      async reveal() {
        reveals++;
        return { ...aClaim, content: { kind: "code", code: "XMAS-7KQ2-9FWD", pin: "0042" } };
      },
    });
    for (const path of ["/me/good", "/me/good/reveal"])
      for (const method of ["GET", "HEAD"]) await (await fetch(base + path, { method })).text();
    expect(reveals).toBe(0);
    const answer = await fetch(`${base}/me/good/reveal`, { method: "POST" });
    expect(reveals).toBe(1);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body = await answer.text();
    expect(read(body)).toContain("Your code XMAS-7KQ2-9FWD PIN 0042");
    expect(body).toContain("<svg");
  });

  test("stays below the public URL, where that has a path of its own", async () => {
    const { base } = await serve({ publicUrl: "https://example.com/accolade" });
    expect(await (await fetch(`${base}/me/good`)).text()).toContain('action="/accolade/me/good/reveal"');
    const answer = await fetch(`${base}/me/good/reveal`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/accolade/me/good"]);
  });

  test("speaks Italian, with amounts and dates as they are written there", () => {
    const text = read(
      page({
        language: "it",
        title: "Una carta regalo",
        content: { kind: "code", code: "A", expiresOn: "2027-02-01" },
      }),
    );
    expect(text).toContain("Giulia, la trattativa Rossi è vinta: 62.000 EUR in 41 giorni.");
    expect(text).toContain("Vale 100 EUR");
    expect(text).toContain("Da Northwind Sales il 23 novembre 2026");
    expect(text).toContain("Valido fino al 1 febbraio 2027");
    expect(page({ language: "it-IT" })).toContain('<html lang="it-IT">');
  });

  test.each(["de", "", "not a language", "x", "en_US"])("speaks English where we have no %j", (language) => {
    const body = page({ language });
    expect(body).toMatch(/<html lang="en(-US)?">/);
    expect(read(body)).toContain("Giulia, the Rossi deal is won");
  });

  test("leaves out what is not known", () => {
    const text = read(
      page({
        recipientFirstName: null,
        reason: { type: "deal.won", subjectName: null, isRecipient: false },
        expiresAt: null,
        canDispute: { until: null, missing: true },
        why: [],
      }),
    );
    expect(text).toContain("The deal is won.");
    expect(text).not.toMatch(/null|undefined|NaN|Invalid|until/);
    const subscribed = { type: "contact.subscribed", subjectName: "Giulia Bianchi" };
    expect(read(page({ reason: { ...subscribed, isRecipient: true } }))).toContain(
      "Giulia, thank you for subscribing.",
    );
    expect(read(page({ reason: { ...subscribed, isRecipient: false } }))).toContain("Giulia Bianchi subscribed.");
    expect(read(page({ reason: { type: "custom.webinar", subjectName: "x", isRecipient: false } }))).toContain(
      "Giulia, Enterprise deal won.",
    );
    expect(read(page({ reason: { type: "toString", subjectName: "x", isRecipient: false } }))).toContain(
      "Giulia, Enterprise deal won.",
    );
  });

  test("points are there at once, with the balance", () => {
    const text = read(page({ worth: { minor: 50, currency: "PTS" }, title: "A coffee on us", pointsBalance: 1_350 }));
    expect(text).toContain("50 points are in your account. Your balance 1,350 points");
    expect(text).not.toContain("Show my reward");
  });

  test("a link is a button; what is not a web address is not", () => {
    const link = { kind: "link", url: "https://reward.example/r?a=1&b=2" } as const;
    expect(page({ content: link })).toContain('href="https://reward.example/r?a=1&amp;b=2"');
    expect(page({ content: { kind: "link", url: "javascript:alert(1)" } })).not.toContain("javascript:");
    expect(page({ content: { kind: "code", code: "A", url: "data:text/html,x" } })).not.toContain("data:text");
  });

  test.each([
    ["approved", "is being prepared"],
    ["ordering", "is being prepared"],
    ["unknown", "is being prepared"],
    ["held", "is being prepared"],
    ["redeemed", "already redeemed"],
    ["expired", "could be claimed until 21 February 2027. Ask Northwind Sales"],
    ["cancelled", "was taken back"],
    ["clawed_back", "was taken back"],
    ["declined", "was not approved"],
    ["failed", "could not get this reward"],
  ])("a grant that is %s says so: %s", (state, words) => {
    const body = page({ state });
    expect(read(body)).toContain(words);
    expect(body.includes('/reveal"')).toBe(state === "redeemed");
  });

  test("a link that needs a PIN shows it", () => {
    const body = page({ content: { kind: "link", url: "https://v.example/x", pin: "0471" } });
    expect(body).toContain('href="https://v.example/x"');
    expect(read(body)).toContain("PIN 0471");
  });

  test("a reward by hand: how far it is stands there at once, and there is nothing to ask for until it is done", () => {
    const waits = page({ task: "open" });
    expect(read(waits)).toContain("somebody is getting it ready for you");
    expect(waits).not.toContain("/me/good/reveal");
    expect(page({ task: "done" })).toContain("/me/good/reveal");
    const content = { kind: "task", state: "done", note: "<b>At</b> the reception", trackingUrl: null } as const;
    const done = page({ task: "done", content });
    expect(read(done)).toContain(
      "It is on its way to you, or ready where you were told. A note for you <b>At</b> the reception",
    );
    expect(page({ content: { ...content, trackingUrl: "javascript:alert(1)" } })).not.toContain("javascript:");
    expect(page({ content: { ...content, trackingUrl: "https://parcels.example/1" } })).toContain(
      'href="https://parcels.example/1"',
    );
    expect(read(claimPage({ ...aClaim, language: "it", task: "open" }, "/me/good", null))).toContain(
      "qualcuno lo sta preparando per te",
    );
  });

  test("is escaped, whatever stands in a CRM", () => {
    const evil = `"><script>alert(1)</script>'&{name}<b>`;
    const body = page({
      language: "en",
      recipientFirstName: evil,
      title: evil,
      ruleTitle: evil,
      workspaceName: evil,
      reason: { type: "deal.won", subjectName: evil, isRecipient: false },
      why: [{ text: evil, held: false, saw: evil }],
      content: { kind: "code", code: evil, pin: evil },
    });
    expect(body).not.toContain("<script");
    expect(body).not.toContain("<b>");
    expect(read(body)).toContain(evil);
  });
});

describe("a link that does not work", () => {
  test.each([
    ["it-IT,it;q=0.9,en;q=0.8", "it", italian.notFoundTitle],
    ["en-GB", "en", en.notFoundTitle],
    ["ja", "en", en.notFoundTitle],
  ])("is explained in the reader's language: %s", async (accepted, language, title) => {
    const { base } = await serve();
    for (const [path, method] of [
      ["/me/bad", "GET"],
      ["/me/bad/reveal", "POST"],
    ] as const) {
      const answer = await fetch(base + path, { method, headers: { "Accept-Language": accepted } });
      expect(answer.status).toBe(404);
      const body = await answer.text();
      expect(body).toContain(`<html lang="${language}">`);
      expect(read(body)).toContain(title);
    }
  });

  test("a fault of ours shows a number that the log knows, and no stack", async () => {
    const { base, parts } = await serve({
      claim: async () => {
        throw new Error("relation grants does not exist");
      },
    });
    const answer = await fetch(`${base}/me/good`, { headers: { Accept: "text/html", "Accept-Language": "it" } });
    expect(answer.status).toBe(500);
    const body = await answer.text();
    expect(body).not.toMatch(/grants|at .*\.ts/);
    expect(read(body)).toContain(String(parts.lines[0]?.id));
    expect(JSON.stringify(parts.lines)).not.toContain("/me/good");
  });

  test("who tries many is asked to wait; a link that works is not held up by others", async () => {
    const { base } = await serve();
    const statuses = [];
    for (let time = 0; time < 31; time++) statuses.push((await fetch(`${base}/me/bad-${time}`)).status);
    expect(statuses.slice(0, 30).every((status) => status === 404)).toBe(true);
    expect(statuses[30]).toBe(429);
  });
});

describe("the texts", () => {
  test("are the same in every language: keys and values", () => {
    const flat = (texts: object, path = ""): [string, string][] =>
      Object.entries(texts).flatMap(([key, text]): [string, string][] =>
        typeof text === "string" ? [[path + key, text]] : flat(text, `${path + key}.`),
      );
    const values = (text: string) => [...new Set(text.match(/\{(\w+)/g))].sort();
    const words = Object.fromEntries(flat(italian));
    for (const [key, text] of flat(en)) {
      const outer = (of: string) =>
        values(of).filter((name) => /^\{(name|amount|days|workspace|rule|date|id|value)$/.test(name));
      expect([key, outer(words[key] ?? "")]).toEqual([key, outer(text)]);
    }
    expect(flat(italian).map(([key]) => key)).toEqual(flat(en).map(([key]) => key));
  });

  test.each(["en", "it"])("every sentence can be said in %s, with and without a name", (language) => {
    const { reason } = speakerFor(language);
    for (const type of Object.keys(en.reason))
      for (const shape of ["both", "amount", "days", "none"])
        for (const named of ["yes", "no"]) {
          const said = reason(type, {
            self: "no",
            named,
            name: "Rossi",
            shape,
            amount: "5 EUR",
            days: 1,
            rule: "Rule",
          });
          expect(said).toMatch(/^[^{}]+\.$/);
        }
  });
});

test("html escapes all but html", () => {
  const name = `<i a='"'>&`;
  expect(
    html`<p title="${name}">${name} ${trusted("<hr>")} ${[html`<b>${1}</b>`, "<"]} ${null}${false}${undefined}</p>`.toString(),
  ).toBe('<p title="&lt;i a=&#39;&quot;&#39;&gt;&amp;">&lt;i a=&#39;&quot;&#39;&gt;&amp; <hr> <b>1</b>&lt; </p>');
});

test("colours can be told apart by everybody: WCAG AA in light and in dark", () => {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  for (const set of [colours.light, colours.dark]) {
    for (const ground of [set.background, set.surface])
      for (const ink of [set.text, set.quiet, set.accent]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(set.onAccent, set.accent)).toBeGreaterThanOrEqual(4.5);
  }
});
