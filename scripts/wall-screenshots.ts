/** Takes docs/wall.md's pictures of a workspace that it makes up: `node scripts/wall-screenshots.ts`, with Chromium installed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Webhook } from "standardwebhooks";
import { packageRoot } from "../src/package-root.ts";
import { openBrowser } from "../test/http/browser.ts";
import { runAccolade } from "../test/support/run-accolade.ts";

const PORT = "3948";
const SECRET = `whsec_${Buffer.from("only for pictures, thirty-two b.").toString("base64")}`;
const images = path.join(packageRoot, "docs", "images");
const folder = await mkdtemp(path.join(tmpdir(), "accolade-wall-"));
// where we are root, the embedded PostgreSQL runs as somebody else, who must be able to enter
await chmod(folder, 0o755);
await mkdir(path.join(folder, "rules"));
await mkdir(images, { recursive: true });
await writeFile(
  path.join(folder, "accolade.yaml"),
  `workspace: { name: Acme, currency: EUR, timeZone: Europe/Rome }
connections: { shop: { connector: webhook, secret: ${SECRET} } }
providers: { points: { provider: points } }
channels: { email: { sender: outbox } }
wall: { leaderboard: people, by: points }
people: people.yaml
`,
);
await writeFile(
  path.join(folder, "rules", "wall.yaml"),
  `rewards: [{ id: points, provider: points }]
rules:
  - { id: won, title: { en: Deal won, it: Trattativa vinta }, on: deal.won, reward: { to: owner, give: points, value: { expression: deal.amount / 100.0, currency: points } }, notify: [email], from: 2026-01-01 }
`,
);
const sellers = [
  ["giulia", "Giulia Bianchi", "EMEA"],
  ["tom", "Tom Okafor", "EMEA"],
  ["marta", "Marta Conti", "DACH"],
  ["sam", "Sam Whitfield", "Americas"],
  ["lea", "Léa Martin-Dubois", "EMEA"],
] as const;
await writeFile(
  path.join(folder, "people.yaml"),
  `people:\n${sellers.map(([id, name, team]) => `  - { name: ${name}, email: ${id}@acme.example, team: ${team}, crm: { shop: ${id} } }\n`).join("")}`,
);

const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", PORT };
const server = spawn(process.execPath, [path.join(packageRoot, "bin", "accolade.js"), "serve"], {
  cwd: folder,
  env: { ...env, LOG_LEVEL: "info" },
  stdio: ["ignore", "pipe", "inherit"],
});
server.stdout.setEncoding("utf8");
const url = `http://localhost:${PORT}`;
while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok)
  await new Promise((resolve) => setTimeout(resolve, 200));
server.stdout.resume();

let deals = 0;
const day = 86_400_000;
const win = async (owner: string, name: string, amount: number, days: number) => {
  const subject = { kind: "deal", id: String(++deals) };
  const created = new Date(Date.now() - days * day).toISOString();
  for (const event of [
    { type: "deal.created", subject, occurredAt: created, record: { name, amount, currency: "EUR", owner } },
    {
      type: "deal.won",
      subject,
      occurredAt: new Date().toISOString(),
      record: { name, amount, currency: "EUR", owner },
    },
  ]) {
    const body = JSON.stringify(event);
    const [id, at] = [`msg_${deals}_${event.type}`, new Date()];
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(SECRET).sign(id, at, body),
    };
    const answer = await fetch(`${url}/webhooks/shop`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }
};

const browser = await openBrowser();
try {
  const linkFor = async (...options: string[]) =>
    (await runAccolade(["wall", "link", ...options], folder, env)).stdout.split("\n")[0] ?? "";
  const links = { en: await linkFor(), it: await linkFor("--language", "it") };
  for (const [owner, name, amount, days] of [
    ["sam", "Globex", 18_500, 63],
    ["marta", "Stadtwerke Nord", 44_000, 88],
    ["tom", "Initech", 12_000, 19],
    ["lea", "Société Générale de Distribution et de Logistique du Sud-Ouest", 127_400, 140],
    ["giulia", "Verdi", 30_500, 27],
    ["marta", "Kessler", 18_500, 12],
    ["giulia", "Rossi", 62_000, 41],
  ] as const) {
    await win(owner, name, amount, days);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  for (const [name, link, width, height, colorScheme] of [
    ["wall-en", links.en, 1920, 1080, "light"],
    ["wall-it", links.it, 1280, 720, "dark"],
  ] as const) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    await page.goto(link);
    await page.locator(".state.live").waitFor();
    await page.screenshot({ path: path.join(images, `${name}.png`) });
  }
} finally {
  await browser.close();
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
}
