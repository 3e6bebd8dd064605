/**
 * Takes the pictures of docs/channels.md and docs/people.md: `node scripts/people-screenshots.ts`, with Chromium installed. The
 * mails and the page are those that the server makes, of people who are made up here.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type NoticeKind, noticeKinds, type Rendered } from "../src/channels/channel.ts";
import { LINK_PICTURE, linkPicture } from "../src/channels/link-picture.ts";
import type { NoticeMessage } from "../src/channels/messages.ts";
import type { PersonPage } from "../src/http/parts.ts";
import { personPage } from "../src/http/person-page.ts";
import { packageRoot } from "../src/package-root.ts";
import { rossi, shippedRenderer } from "../test/channels/messages.ts";
import { openBrowser } from "../test/http/browser.ts";

const images = path.join(packageRoot, "docs", "images");
const renderer = await shippedRenderer();

const LINK = "https://rewards.example.com/me/q1mX0s3vQkqTnY4bJ8wZyg.1.t8k2f0.6V0aQd3kRz8mP1xT7uHn2w";
const message: NoticeMessage = {
  ...rossi,
  claimUrl: LINK,
  workspaceName: "Acme",
  expiresOn: "2027-02-22",
  unsubscribeUrl: "https://rewards.example.com/u/q1mX0s3vQkqTnY4bJ8wZyg.reward.6V0aQd3kRz8mP1xT7uHn2w",
  given: null,
  disputableUntil: null,
  reversal: null,
  sum: null,
};
/** What became of it, for each kind of notice. */
const became: Readonly<Record<NoticeKind, Record<"en" | "it", Partial<NoticeMessage>>>> = {
  declined: {
    en: { given: "The discount was above 30% without an agreement", disputableUntil: "2026-12-19" },
    it: { given: "Lo sconto superava il 30% senza un accordo", disputableUntil: "2026-12-19" },
  },
  expired: { en: { disputableUntil: "2026-12-19" }, it: { disputableUntil: "2026-12-19" } },
  reversed: {
    en: { given: "the deal was lost", reversal: "owes", sum: { minor: 10_000, currency: "EUR" } },
    it: { given: "la trattativa è stata persa", reversal: "owes", sum: { minor: 10_000, currency: "EUR" } },
  },
  ready: { en: {}, it: {} },
  unavailable: {
    en: { given: "The event is sold out", disputableUntil: "2026-12-19" },
    it: { given: "L’evento è esaurito", disputableUntil: "2026-12-19" },
  },
  page: { en: { unsubscribeUrl: null }, it: { unsubscribeUrl: null } },
};

/** As a mail program shows it: with the picture of the link inside. */
const asShown = async (rendered: Rendered): Promise<string> => {
  if (rendered.channel !== "email") throw new Error(rendered.channel);
  const picture = await linkPicture(rendered);
  return rendered.html.replace(`cid:${LINK_PICTURE}`, `data:image/png;base64,${picture?.toString("base64") ?? ""}`);
};
const reward = (language: string, changes: Partial<NoticeMessage> = {}) =>
  asShown(renderer.renderReward("email", language, { ...message, ...changes }));

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
/** Every mail of one language beside the others, each as wide as a phone. */
const sheet = async (language: "en" | "it"): Promise<string> => {
  const notices = noticeKinds.map((kind) =>
    asShown(renderer.renderNotice(kind, "email", language, { ...message, ...became[kind][language] })),
  );
  const mails = await Promise.all([reward(language), ...notices]);
  const frames = mails.map((mail) => `<iframe srcdoc="${escaped(mail)}"></iframe>`).join("");
  return `<!doctype html><meta name="color-scheme" content="light dark"><style>
    body { margin: 0 } main { zoom: .5; padding: 12px; display: grid; grid-template-columns: repeat(4, 375px); gap: 12px; width: 1536px }
    iframe { width: 375px; border: 0; border-radius: 12px }</style><main>${frames}</main>`;
};

const person = (language: "en" | "it"): PersonPage => {
  const titles = {
    en: ["Points for the shop", "A coffee on us", "Deal won", "A lunch for two"],
    it: ["Punti per lo shop", "Un caffè offerto da noi", "Trattativa vinta", "Un pranzo per due"],
  }[language];
  const [points = "", coffee = "", rule = "", lunch = ""] = titles;
  const given = { token: "x", rule, tellAt: null };
  return {
    language,
    timeZone: "Europe/Rome",
    firstName: "Giulia",
    workspaceName: "Acme",
    points: 1_200,
    rewards: [
      {
        ...given,
        title: points,
        about: "Rossi",
        worth: { minor: 600, currency: "PTS" },
        state: "issued",
        grantedAt: "2026-11-20T10:00:00Z",
        tellAt: "2026-11-21T08:00:00Z",
      },
      {
        ...given,
        title: coffee,
        about: "Ferrari",
        worth: { minor: 500, currency: "EUR" },
        state: "issued",
        grantedAt: "2026-11-12T10:00:00Z",
      },
      {
        ...given,
        title: points,
        about: "Stadtwerke Nord",
        worth: { minor: 600, currency: "PTS" },
        state: "held",
        grantedAt: "2026-11-03T10:00:00Z",
      },
    ],
    offers: [
      {
        id: "coffee",
        title: coffee,
        worth: { minor: 500, currency: "EUR" },
        cost: 500,
        left: 2,
        open: "yes",
        approved: false,
      },
      {
        id: "lunch",
        title: lunch,
        worth: { minor: 6_000, currency: "EUR" },
        cost: 5_000,
        left: null,
        open: "no_points",
        approved: false,
      },
    ],
    formKey: "x",
    settings: {
      channels: [
        { channel: "email", on: true, address: "g…@acme.example", why: null },
        { channel: "sms", on: true, address: "+39…67", why: null },
        { channel: "whatsapp", on: false, address: "+39…67", why: "not_agreed" },
      ],
      preferred: "email",
      language: null,
      timeZone: null,
      quietHours: null,
      usual: { from: "20:00", until: "09:00" },
      private: false,
    },
    devices: 0,
  };
};
const own = (language: "en" | "it") => personPage(person(language), { base: "/me/p.x", claims: "/me" });

await mkdir(images, { recursive: true });
const browser = await openBrowser();
const shoot = async (
  name: string,
  html: string,
  {
    width,
    colorScheme,
    before,
    part = "body",
  }: { width: number; colorScheme: "light" | "dark"; before?: string; part?: string },
) => {
  const context = await browser.newContext({ viewport: { width, height: 600 }, colorScheme });
  const page = await context.newPage();
  await page.setContent(html, { waitUntil: "load" });
  if (before) await page.evaluate(before);
  await page.locator(part).screenshot({ path: path.join(images, `${name}.png`) });
  await context.close();
};

/** Frames as high as their mails. */
const highEnough = `for (const frame of document.querySelectorAll("iframe"))
  frame.style.height = frame.contentDocument.documentElement.scrollHeight + "px"`;
const openSettings = `document.querySelector("#settings").open = true; document.body.style.zoom = ".75"`;
const longName =
  "Wolfeschlegelsteinhausenbergerdorff-Gesellschaft für Verpackungs- und Fördertechnik mbH & Co. KG, Werk Süd";
try {
  await shoot("mails-en", await sheet("en"), { width: 780, colorScheme: "light", before: highEnough, part: "main" });
  await shoot("mails-it", await sheet("it"), { width: 780, colorScheme: "dark", before: highEnough, part: "main" });
  const long = { firstName: "Maximiliane-Alexandrina", what: { ...message.what, subjectName: longName } };
  await shoot("mail-wide", await reward("en", long), { width: 720, colorScheme: "light" });
  const rightToLeft = { firstName: "ليلى", what: { ...message.what, subjectName: "شركة النور للتجارة" } };
  await shoot("mail-phone", await reward("en", rightToLeft), { width: 375, colorScheme: "dark" });
  await shoot("person-phone", own("it"), { width: 360, colorScheme: "dark" });
  await shoot("person-wide", own("en"), { width: 640, colorScheme: "light", before: openSettings });
} finally {
  await browser.close();
}
