/** Takes the README's pictures from a running sandbox: `node scripts/screenshots.ts`, with Chromium installed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot } from "../src/package-root.ts";
import { openBrowser } from "../test/http/browser.ts";

const PORT = "3947";
const images = path.join(packageRoot, "docs", "images");
const folder = await mkdtemp(path.join(tmpdir(), "accolade-screenshots-"));
// where we are root, the embedded PostgreSQL runs as somebody else, who must be able to enter
await chmod(folder, 0o755);
await mkdir(images, { recursive: true });

const server = spawn(process.execPath, [path.join(packageRoot, "bin", "accolade.js"), "serve"], {
  cwd: folder,
  env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT },
  stdio: ["ignore", "pipe", "inherit"],
});
server.stdout.setEncoding("utf8");
for await (const text of server.stdout) if (String(text).includes("What to open")) break;

const browser = await openBrowser();
try {
  const wide = await browser.newContext({ viewport: { width: 900, height: 780 }, deviceScaleFactor: 2 });
  const outbox = await wide.newPage();
  await outbox.goto(`http://localhost:${PORT}/outbox`);
  const messageTo = (name: string) => outbox.locator("article", { hasText: name }).first();
  const shown = messageTo("tom.okafor");
  await shown.scrollIntoViewIfNeeded();
  await shown.screenshot({ path: path.join(images, "message.png") });

  const toMarta = messageTo("marta.conti");
  await toMarta.scrollIntoViewIfNeeded();
  const link = await toMarta.frameLocator("iframe").locator('a[href*="/me/"]').first().getAttribute("href");
  const phone = await browser.newContext({
    viewport: { width: 390, height: 700 },
    deviceScaleFactor: 2,
    isMobile: true,
  });
  const claim = await phone.newPage();
  await claim.goto(link ?? "");
  await claim.locator("button").first().click();
  await claim.locator("svg").first().waitFor();
  await claim.screenshot({ path: path.join(images, "claim.png"), fullPage: true });
} finally {
  await browser.close();
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
}
