import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type NoticeKind, noticeKinds } from "../../src/channels/channel.ts";
import type { NoticeMessage, Rendered, Renderer, RewardMessage } from "../../src/channels/index.ts";
import { smsSegments } from "../../src/channels/sms-segments.ts";
import { about, claimUrl, notice, rossi, shippedRenderer } from "./messages.ts";

let renderer: Renderer;
beforeAll(async () => {
  renderer = await shippedRenderer("it");
});

const email = (language: string | null, data: RewardMessage) => {
  const rendered = renderer.renderReward("email", language, data);
  if (rendered.channel !== "email") throw new Error(rendered.channel);
  return rendered;
};
const sms = (language: string | null, data: RewardMessage): string => renderer.renderReward("sms", language, data).text;

describe("what is said", () => {
  test("a won deal, in English", () => {
    expect(sms("en", rossi)).toBe(
      `Giulia, the Rossi deal is won: 62,000 EUR in 41 days. Your reward is a 100 EUR gift card. Open it: ${claimUrl}`,
    );
    const { subject, text, html } = email("en", rossi);
    expect(subject).toBe("The Rossi deal is won: 100 EUR for you");
    expect(text).toContain(
      "Giulia, the Rossi deal is won: 62,000 EUR in 41 days.\nYour reward is a 100 EUR gift card.\n",
    );
    expect(text).toContain(`Open it: ${claimUrl}\nThe link works until March 31, 2027.\n`);
    expect(text).toContain("Why this reward? You get it under the rule “Enterprise deal won”.");
    expect(html).toContain('<html lang="en"');
    expect(html).toContain(`href="${claimUrl}"`);
  });

  test("a won deal, in Italian", () => {
    expect(sms("it", rossi)).toBe(
      `Giulia, la trattativa Rossi è vinta: 62.000 EUR in 41 giorni. Il tuo premio è una carta regalo da 100 EUR. Aprila: ${claimUrl}`,
    );
    const { subject, text, html } = email("it", rossi);
    expect(subject).toBe("La trattativa Rossi è vinta: per te 100 EUR");
    expect(text).toContain("Il link vale fino al 31 marzo 2027.");
    expect(text).toContain("Perché questo premio? Ti spetta per la regola «Grande trattativa vinta».");
    expect(html).toContain('<html lang="it"');
  });

  test.each([
    ["en", 0, "in less than a day"],
    ["en", 1, "in 1 day."],
    ["en", 2, "in 2 days."],
    ["it", 0, "in meno di un giorno"],
    ["it", 1, "in 1 giorno."],
    ["it", 2, "in 2 giorni."],
  ])("%s: %i days", (language, cycleDays, said) => {
    expect(sms(language, about({ cycleDays }))).toContain(said);
  });

  test.each([
    ["en", 1, "Your reward is 1 point."],
    ["en", 1_500, "Your reward is 1,500 points."],
    ["it", 1, "Il tuo premio: 1 punto."],
    ["it", 1_500, "Il tuo premio: 1.500 punti."],
  ])("%s: %i points", (language, minor, said) => {
    expect(sms(language, { ...rossi, value: { minor, currency: "PTS" } })).toContain(said);
  });

  test.each([
    [{ amount: null }, "the Rossi deal is won in 41 days."],
    [{ cycleDays: null }, "the Rossi deal is won: 62,000 EUR."],
    [{ amount: null, cycleDays: null }, "the Rossi deal is won."],
    [{ subjectName: null }, "your deal is won: 62,000 EUR in 41 days."],
    [{ subjectName: "Acme Corp - New Deal" }, "Acme Corp - New Deal is won: "],
    [{ subjectName: "Ideal Bikes" }, "the Ideal Bikes deal is won: "],
    [{ amount: { value: 1_234_567, currency: "JPY" } }, "the Rossi deal is won: 1,234,567 JPY in"],
    [{ amount: { value: 99.5, currency: "EUR" } }, "the Rossi deal is won: 99.50 EUR in"],
  ])("a deal of which only part is known: %j", (what, said) => {
    expect(sms("en", about(what))).toContain(`Giulia, ${said}`);
  });

  test("a reward with a title is called by it, in the reader's language", () => {
    const titled = { ...rossi, rewardTitle: { en: "A coffee on us", it: "Un caffè offerto da noi" } };
    expect(sms("en", titled)).toContain("Your reward: A coffee on us, 100 EUR.");
    expect(sms("it", titled)).toContain("Il tuo premio: Un caffè offerto da noi, 100 EUR.");
    expect(sms("it", { ...rossi, rewardTitle: { en: "100 EUR gift card" } })).toContain(
      "Il tuo premio: 100 EUR gift card.",
    );
  });

  test.each([800, 1_100, 1_800, 8_000, 1_100_000])("an, not a, before %i cents", (minor) => {
    expect(sms("en", { ...rossi, value: { minor, currency: "EUR" } })).toMatch(/is an [\d,]+ EUR gift card/);
  });
  test.each([100, 1_000, 1_200, 11_000, 18_000, 100_000])("a, not an, before %i cents", (minor) => {
    expect(sms("en", { ...rossi, value: { minor, currency: "EUR" } })).toMatch(/is a [\d,]+ EUR gift card/);
  });

  test("a subscriber is thanked; whoever else is rewarded is told who subscribed", () => {
    const subscribed = { kind: "contact.subscribed", subjectName: "Anna Bianchi", amount: null, cycleDays: null };
    expect(sms("en", about({ ...subscribed, isRecipient: true }))).toMatch(/^Giulia, thank you for subscribing\. /);
    expect(sms("it", about({ ...subscribed, isRecipient: true }))).toMatch(/^Giulia, grazie per l'iscrizione\. /);
    expect(sms("en", about(subscribed))).toMatch(/^Giulia, Anna Bianchi has subscribed\. /);
    expect(sms("it", about(subscribed))).toMatch(/^Giulia, c'è una nuova iscrizione di Anna Bianchi\. /);
  });

  test("any other milestone is told by the rule's title", () => {
    const other = about({ kind: "custom.webinar", subjectName: null, amount: null, cycleDays: null });
    expect(sms("en", other)).toMatch(/^Giulia, you reached: Enterprise deal won\. /);
    expect(email("it", other).subject).toBe("Grande trattativa vinta: per te 100 EUR");
  });

  test("without a first name, or with one that would become a link, the sentence begins by itself", () => {
    for (const firstName of [null, "", "  ", "win at evil.example", "https://evil", "a/b", "x".repeat(60)])
      expect(sms("en", { ...rossi, firstName })).toMatch(/^The Rossi deal is won: /);
    expect(sms("en", { ...rossi, firstName: "J.R." })).toMatch(/^J\.R\., the Rossi/);
  });
});

describe("which language", () => {
  test.each([
    ["it", "it"],
    ["it-CH", "it"],
    ["IT_it", "it"],
    ["en-GB", "en"],
    ["fr", "it"],
    [null, "it"],
    ["", "it"],
    ["no such tag!", "it"],
  ])("%s is written to in %s, in a workspace in Italian", (preferred, language) => {
    expect(renderer.languageFor(preferred)).toBe(language);
    expect(() => sms(preferred, rossi)).not.toThrow();
  });
  test("a workspace in a language without words falls back to English", async () => {
    const french = await shippedRenderer("fr");
    expect(french.languageFor("de")).toBe("en");
    expect(french.languageFor("it")).toBe("it");
  });
  test("dates and amounts follow the reader's region", () => {
    expect(email("en-GB", rossi).text).toContain("until 31 March 2027");
    expect(email("en-US", rossi).text).toContain("until March 31, 2027");
  });
});

describe("WhatsApp", () => {
  test("the variables in the order of the approved text, which they fill", () => {
    const rendered = renderer.renderReward("whatsapp", "it", rossi);
    expect(rendered).toMatchObject({
      channel: "whatsapp",
      template: "reward",
      language: "it",
      variables: [
        "Example Srl",
        "Giulia, la trattativa Rossi è vinta: 62.000 EUR in 41 giorni",
        "una carta regalo da 100 EUR",
        claimUrl,
      ],
    });
    expect(rendered.text).toMatch(/^Un messaggio da Example Srl\.\n\nGiulia, la trattativa/);
    expect(rendered.text).not.toContain("{{");
  });
});

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 120 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    '" onload="x',
    "{{link}}",
    "{name}",
    "a\r\nBcc: x@y.z",
    "'{",
    "\u202egnp.exe",
    "&amp;",
  ),
);
const anyMessage = fc.record({
  firstName: fc.option(anyText),
  what: fc.record({
    kind: fc.constantFrom("deal.won", "contact.subscribed", "custom.x", "constructor", "__proto__"),
    subjectName: fc.option(anyText),
    isRecipient: fc.boolean(),
    amount: fc.option(
      fc.record({
        value: fc.oneof(fc.double(), fc.integer()),
        currency: fc.oneof(fc.constantFrom("EUR", "JPY", "KWD", "eur", ""), anyText),
      }),
    ),
    cycleDays: fc.option(fc.integer({ min: 0, max: 100_000 })),
  }),
  ruleTitle: fc.dictionary(fc.constantFrom("en", "it", "de"), anyText),
  rewardTitle: fc.option(fc.dictionary(fc.constantFrom("en", "de"), anyText)),
  value: fc.record({
    minor: fc.integer({ min: 0, max: 1_000_000_000 }),
    currency: fc.constantFrom("EUR", "JPY", "PTS"),
  }),
  claimUrl: fc.constant(claimUrl),
  workspaceName: anyText,
  expiresOn: fc.option(fc.constant("2027-03-31")),
});
const anyLanguage = fc.constantFrom("en", "it", "de", null);

describe("whatever stands in a CRM", () => {
  test("a text message keeps its link whole and stays within two segments", () => {
    fc.assert(
      fc.property(anyLanguage, anyMessage, (language, message) => {
        const text = sms(language, message);
        expect(text.endsWith(claimUrl)).toBe(true);
        expect(smsSegments(text).segments).toBeLessThanOrEqual(2);
        expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }),
      { numRuns: 300 },
    );
  });

  test("a mail has no tag, no link and no header line that the template has not", () => {
    const shape = (html: string) =>
      html.match(/<[^>]*>/g)?.map((tag) => tag.replace(/aria-label="[^"]*"/, "").replace(/lang="\w+"/g, ""));
    const plain = shape(email("en", rossi).html);
    fc.assert(
      fc.property(anyLanguage, anyMessage, (language, message) => {
        const { html, subject, text } = email(language, message);
        expect(shape(html)).toEqual(plain);
        expect(html).not.toMatch(/\{\{(?!link\}\})/);
        expect(subject).not.toMatch(/\p{Cc}/u);
        expect(subject.length).toBeLessThanOrEqual(150);
        expect(text).toContain(claimUrl);
      }),
      { numRuns: 200 },
    );
  });

  test("a WhatsApp variable is one line, not empty, and short enough for both vendors", () => {
    fc.assert(
      fc.property(anyLanguage, anyMessage, (language, message) => {
        const rendered: Rendered = renderer.renderReward("whatsapp", language, message);
        if (rendered.channel !== "whatsapp") throw new Error(rendered.channel);
        for (const variable of rendered.variables) {
          expect(variable).toMatch(/^\S(.*\S)?$/u);
          expect(variable).not.toMatch(/\n|\t| {4}/);
          expect(variable.length).toBeLessThanOrEqual(255);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("a reward that is not given", () => {
  const mail = (kind: NoticeKind, language: string, data = notice) => {
    const rendered = renderer.renderNotice(kind, "email", language, data);
    if (rendered.channel !== "email") throw new Error(rendered.channel);
    return rendered;
  };

  test("says what happened, why, and what one can do, in both languages", () => {
    const { subject, text } = mail("declined", "en-GB");
    expect(subject).toBe("The reward for the Rossi deal was not approved");
    expect(text).toContain("Giulia, the Rossi deal is won: 62,000 EUR in 41 days.");
    expect(text).toContain("a 100 EUR gift card, needed an approval and was not approved.");
    expect(text).toContain("The reason given: “The discount was above 30% without an agreement”.");
    expect(text).toContain("you can say so until 19 December 2026");
    const italian = mail("expired", "it");
    expect(italian.subject).toBe("Sul premio per la trattativa Rossi nessuno ha deciso in tempo");
    expect(italian.text).toContain("Non dipende da nulla che tu abbia fatto o non fatto.");
    expect(italian.text).toContain("fino al 19 dicembre 2026");
  });

  test("of one that is not due any more: what was taken back, what is owed, what paid a debt, in both languages", () => {
    const reversed: NoticeMessage = {
      ...notice,
      disputableUntil: null,
      given: "the deal was lost",
      reversal: "taken_back",
      sum: { minor: 0, currency: "EUR" },
    };
    const taken = mail("reversed", "en", reversed);
    expect(taken.subject).toBe("The reward for the Rossi deal was taken back");
    expect(taken.text).toContain("The reason: the deal was lost.");
    expect(taken.text).toContain("There is nothing for you to do.");
    const owes = mail("reversed", "it", {
      ...reversed,
      given: "la trattativa è stata persa",
      reversal: "owes",
      sum: { minor: 10_000, currency: "EUR" },
    });
    expect(owes.text).toContain("la trattativa è stata persa");
    expect(owes.text).toMatch(/100.EUR/);
    const paid = mail("reversed", "en", {
      ...reversed,
      given: null,
      reversal: "paid_debt",
      sum: { minor: 4_000, currency: "EUR" },
    });
    expect(paid.subject).toBe("40 EUR of your reward paid an earlier one");
  });

  test("promises no reward behind its link, and no window that is closed", () => {
    for (const kind of noticeKinds)
      for (const language of ["en", "it"]) {
        const { text, html } = mail(kind, language, { ...notice, given: null, disputableUntil: null });
        expect(text + html).not.toMatch(/open your reward|apri il premio|until|fino al|“|«/i);
        expect(html).not.toMatch(/\{\{|\}\}/);
        expect(text).toContain(claimUrl);
      }
  });

  test("on every channel, whatever stands in a CRM or in the reason", () => {
    const shapeOf = (html: string) =>
      html.match(/<[^>]*>/g)?.map((tag) => tag.replace(/aria-label="[^"]*"/, "").replace(/lang="\w+"/g, ""));
    fc.assert(
      fc.property(
        fc.constantFrom(...noticeKinds),
        anyLanguage,
        anyMessage,
        fc.option(anyText),
        fc.option(fc.constant("2026-12-19")),
        fc.constantFrom("taken_back" as const, "owes" as const, "paid_debt" as const),
        (kind, language, message, given, disputableUntil, reversal) => {
          const sum = { minor: 123_456, currency: "EUR" };
          const data = { ...message, given, disputableUntil, reversal, sum };
          const text = renderer.renderNotice(kind, "sms", language, data).text;
          expect(text.endsWith(claimUrl)).toBe(true);
          expect(smsSegments(text).segments).toBeLessThanOrEqual(2);
          const whatsApp = renderer.renderNotice(kind, "whatsapp", language, data);
          if (whatsApp.channel !== "whatsapp") throw new Error(whatsApp.channel);
          expect(whatsApp.template).toBe(kind);
          for (const variable of whatsApp.variables) {
            expect(variable).toMatch(/^\S(.*\S)?$/u);
            expect(variable.length).toBeLessThanOrEqual(255);
          }
          const { html, subject } = mail(kind, language ?? "en", data);
          expect(shapeOf(html)).toEqual(shapeOf(mail(kind, "en").html));
          expect(subject).not.toMatch(/\p{Cc}/u);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("segments of a text message", () => {
  test.each([
    ["a".repeat(160), "gsm-7", 1],
    ["a".repeat(161), "gsm-7", 2],
    ["a".repeat(306), "gsm-7", 2],
    ["a".repeat(307), "gsm-7", 3],
    ["è".repeat(160), "gsm-7", 1],
    ["€".repeat(80), "gsm-7", 1],
    ["€".repeat(81), "gsm-7", 2],
    ["ł".repeat(70), "ucs-2", 1],
    ["ł".repeat(71), "ucs-2", 2],
    ["ł".repeat(134), "ucs-2", 2],
    ["ł".repeat(135), "ucs-2", 3],
    ["🎉".repeat(35), "ucs-2", 1],
    ["🎉".repeat(36), "ucs-2", 2],
  ])("%s", (text, alphabet, segments) => {
    expect(smsSegments(text)).toEqual({ alphabet, segments });
  });
  test("a name outside the SMS alphabet costs the name, not the news", () => {
    const text = sms("it", { ...rossi, firstName: "Łukasz" });
    expect(text).toMatch(/^La trattativa Rossi è vinta: 62.000 EUR in 41 giorni. /);
    expect(smsSegments(text).alphabet).toBe("gsm-7");
  });
});

describe("mail that inboxes and eyes accept", () => {
  const unsubscribeUrl = "https://accolade.example/u/AbC.reward.3kTMd0vR8mYh";

  test("the link that stops mails stands in both parts, of rewards and of notices, and is never changed", () => {
    for (const [language, words] of [
      ["en", "Stop these emails"],
      ["it", "Non voglio più ricevere queste email"],
    ] as const) {
      const notices = noticeKinds.map((kind) =>
        renderer.renderNotice(kind, "email", language, { ...notice, unsubscribeUrl }),
      );
      for (const mail of [email(language, { ...rossi, unsubscribeUrl }), ...notices]) {
        if (mail.channel !== "email") throw new Error(mail.channel);
        expect(mail.text).toContain(`${words}: ${unsubscribeUrl}`);
        expect(mail.html).toContain(`href="${unsubscribeUrl}"`);
        expect(mail.unsubscribe).toBe(unsubscribeUrl);
      }
    }
    expect(sms("en", { ...rossi, unsubscribeUrl })).not.toContain(unsubscribeUrl);
  });

  test("names written from right to left keep to themselves; names written from left to right stay as they are", () => {
    const mail = email("en", about({ subjectName: "שלום בע״מ" }, { firstName: "محمد" }));
    for (const part of [mail.html, mail.text]) {
      expect(part).toContain("\u2068محمد\u2069, the \u2068שלום בע״מ\u2069 deal is won");
      expect(part).toContain(claimUrl);
    }
    expect(email("en", rossi).text).not.toMatch(/[\u2068\u2069]/);
  });

  test("a mail says itself that it is made for light and dark", () => {
    const { html } = email("en", rossi);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain("@media (prefers-color-scheme: dark)");
  });
});
