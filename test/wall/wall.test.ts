/** The wall in a real browser: what is granted over HTTP appears on it, through restarts, from any process, and it names nobody who asked not to be. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { type Server, startServer } from "../../src/main.ts";
import { makeWallLink, revokeWallLink } from "../../src/pipeline/wall-links.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { browserAtHand, openBrowser } from "../http/browser.ts";
import { WEBHOOK_SECRET } from "../journeys/workspaces.ts";
import { freePort } from "../support/free-port.ts";
import { standardWebhooks } from "../support/sign-webhook.ts";
import { eventually, keptLog, writeWorkspace } from "../support/workspace.ts";

const files = (port: number, wall = "{ leaderboard: people, by: deals }") => ({
  config: `
workspace: { name: Acme, currency: EUR, timeZone: Europe/Rome, language: en }
connections: { shop: { connector: webhook, secret: ${WEBHOOK_SECRET} } }
providers: { points: { provider: points } }
channels: { email: { sender: outbox } }
wall: ${wall}
people: people.yaml
`,
  rules: {
    "wall.yaml": `
rewards: [{ id: points, provider: points, value: 30 points }]
rules:
  - { id: won, title: Deal won, on: deal.won, reward: { to: owner, give: points }, notify: [email], from: 2026-01-01 }
  - { id: won-big, title: Big deal won, on: deal.won, where: [deal.amount >= 50000], reward: { to: owner, give: points }, notify: [email], from: 2026-01-01 }
`,
  },
  people: `
people:
  - { name: Giulia Bianchi, email: giulia@acme.example, team: EMEA, crm: { shop: giulia } }
  - { name: Tom Okafor, email: tom@acme.example, team: EMEA, crm: { shop: tom } }
  - { name: Marta Conti, email: marta@acme.example, team: DACH, crm: { shop: marta } }
`,
  env: { PORT: String(port) },
});

(browserAtHand() ? describe : describe.skip)("the wall", () => {
  let browser: Browser;
  let workspace: Awaited<ReturnType<typeof writeWorkspace>>;
  let server: Server;
  const complaints: string[] = [];
  const start = (port: number) =>
    startServer({ ...workspace.config, port }, { log: keptLog().log, telemetry: createTelemetry() });

  beforeAll(async () => {
    workspace = await writeWorkspace(files(await freePort()));
    [server, browser] = await Promise.all([start(workspace.config.port), openBrowser()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop(5_000);
  }, 60_000);

  let deals = 100;
  const win = async (name: string, owner = "giulia", amount = 62_000, port = server.port) => {
    const body = JSON.stringify({
      type: "deal.won",
      subject: { kind: "deal", id: String(++deals) },
      occurredAt: new Date().toISOString(),
      record: { name, amount, currency: "EUR", owner },
    });
    const url = "https://rewards.example/webhooks/shop";
    const headers = standardWebhooks({ method: "POST", url, rest: "", body, now: new Date() }, WEBHOOK_SECRET);
    const answer = await fetch(`http://127.0.0.1:${port}/webhooks/shop`, { method: "POST", headers, body });
    expect(answer.status).toBeLessThan(300);
  };
  const link = async (team: string | null = null, language = "en") => {
    const { database, corridor } = server.opened;
    return makeWallLink(database, corridor.sealer, { team, language, by: "anna", at: new Date() });
  };
  const open = async (token: string, port = server.port, query = ""): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://127.0.0.1:${port}/wall/${token}${query}`);
    await page.locator(".state.live").waitFor();
    return page;
  };
  const everything = async (page: Page) =>
    (await page.locator(".now .what, .earlier .what").allTextContents()).reverse();
  const shows = (page: Page, what: string) =>
    page.locator(".now .what", { hasText: what }).waitFor({ timeout: 20_000 });

  test("a deal that is won shows up by itself, once, with who won it; and the leaderboard follows", async () => {
    const { token } = await link();
    const page = await open(token);
    expect(await page.locator(".now .what").textContent()).toBe("The next one will be here.");
    expect(await page.locator(".nobody").isVisible()).toBe(true);
    await win("Rossi");
    await shows(page, "Rossi");
    expect((await page.locator(".now .what").textContent())?.replaceAll("\u00a0", " ")).toBe(
      "The Rossi deal is won: 62,000 EUR",
    );
    expect(await page.locator(".now .who").textContent()).toBe("Giulia Bianchi · EMEA");
    await page.locator(".board li", { hasText: "Giulia Bianchi" }).waitFor();
    expect(await page.locator(".board li").allTextContents()).toEqual(["1Giulia Bianchi1"]);
    // two rules paid for this deal
    const grants = await server.opened.database.row<{ n: number }>(
      "select count(*)::int as n from grants where state = 'issued'",
    );
    expect(grants?.n).toBe(2);
    await page.waitForTimeout(1_500);
    expect(await page.locator(".earlier li").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 60_000);

  test("the server starts again: the wall comes back, has missed nothing and shows nothing twice", async () => {
    const { token } = await link();
    const page = await open(token);
    await win("Verdi");
    await shows(page, "Verdi");
    const { port } = server;
    await server.stop(5_000);
    await page.locator(".state:not(.live)").waitFor();
    // another process, which the wall does not know, goes on meanwhile
    const other = await start(0);
    await win("Neri", "tom", 9_000, other.port);
    await eventually("Neri to be issued", async () =>
      other.opened.database.row(
        "select from moments m join milestones s on s.id = m.milestone_id where s.situation #>> '{deal,name}' = 'Neri'",
      ),
    );
    server = await start(port);
    await page.locator(".state.live").waitFor({ timeout: 40_000 });
    await shows(page, "Neri");
    // what the other process grants arrives here as well
    await win("Gialli", "tom", 9_000, other.port);
    await shows(page, "Gialli");
    const told = (await everything(page)).map((text) => /The (\w+) deal/.exec(text)?.[1]);
    expect(told).toEqual(["Rossi", "Verdi", "Neri", "Gialli"]);
    // a browser that gives up is no end of it: a proxy answers 502 while nothing is behind it
    await other.stop(5_000);
    await page.context().close();
  }, 120_000);

  test("a proxy that answers 502 meanwhile is waited out", async () => {
    const { token } = await link();
    const page = await open(token);
    let away = true;
    await page.route("**/events*", (route) =>
      away ? route.fulfill({ status: 502, body: "bad gateway" }) : route.continue(),
    );
    const { port } = server;
    await server.stop(5_000);
    server = await start(port);
    await page.locator(".state:not(.live)").waitFor();
    await win("Blu", "tom", 9_000);
    away = false;
    await page.locator(".state.live").waitFor({ timeout: 40_000 });
    await shows(page, "Blu");
    await page.context().close();
  }, 120_000);

  test("who is in private mode is somebody, without the deal, and in no ranking", async () => {
    const { database } = server.opened;
    await database.run("alter table recipients add column if not exists private boolean not null default false");
    const everybody = await open((await link()).token);
    const emea = await open((await link("EMEA", "it")).token);
    const dach = await open((await link("DACH")).token);
    await everybody.locator(".board li", { hasText: "Giulia" }).waitFor();
    await database.run("update recipients set private = true where name = 'Giulia Bianchi'");
    await win("Secret Affair");
    await everybody.locator(".now .who", { hasText: "Somebody in EMEA" }).waitFor({ timeout: 20_000 });
    expect(await everybody.locator(".now .what").textContent()).toBe("A deal is won");
    await emea.locator(".now .who", { hasText: "Qualcuno del team EMEA" }).waitFor({ timeout: 20_000 });
    expect(await emea.locator(".now .what").textContent()).toBe("Una trattativa è vinta");
    await everybody.locator(".board li", { hasText: "Giulia" }).waitFor({ state: "detached", timeout: 20_000 });
    expect(await everybody.content()).not.toContain("Secret Affair");
    await win("Bianco", "marta", 9_000);
    await shows(dach, "Bianco");
    expect(await everything(dach)).toHaveLength(1);
    // what was told before is told again without the name, once the page is loaded anew
    await emea.reload();
    expect(await emea.content()).not.toContain("Giulia");
    await database.run("update recipients set private = false");
    for (const page of [everybody, emea, dach]) await page.context().close();
  }, 90_000);

  test("a link that is revoked ends, and one that nobody made is not found", async () => {
    const { token, id } = await link();
    const page = await open(token);
    expect(await revokeWallLink(server.opened.database, { id, by: "anna", at: new Date() })).toBe(true);
    await page.locator(".state", { hasText: "revoked" }).waitFor({ timeout: 30_000 });
    for (const path of [token, `${token}/events`, "nobody"]) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/wall/${path}`);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    await page.context().close();
  }, 60_000);
});
