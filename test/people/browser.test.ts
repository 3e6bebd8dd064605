/** A recipient's own page in a real browser: on a phone, by keyboard, without JavaScript, and for who cannot see it. */
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { writePersonToken } from "../../src/pipeline/person-token.ts";
import { browserAtHand, openBrowser } from "../http/browser.ts";
import { openPeopleBench, type PeopleBench } from "../support/people-bench.ts";

/** Where to leave pictures of the pages, for somebody to look at. */
const shots = process.env.ACCOLADE_SHOTS;

(browserAtHand() ? describe : describe.skip)("in a browser", () => {
  let bench: PeopleBench;
  let browser: Browser;
  beforeAll(async () => {
    // 20:30 in Rome: messages wait, and the page says until when
    bench = await openPeopleBench(
      "2026-11-20T19:30:00Z",
      'timeZone: Europe/Rome, quietHours: { from: "20:00", until: "09:00" }',
    );
    for (const [owner, name] of [
      ["77", "Rossi"],
      ["77", "Ferrari"],
      ["78", "Globex"],
      ["78", "Initech"],
    ] as const) {
      await bench.won(owner, { name });
      await bench.work();
    }
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await bench?.close();
  });

  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
    const page = await context.newPage();
    await page.goto(bench.door + path);
    return page;
  };
  /** Below the door: a link to somebody's own page that has ended. */
  const endedPage = async (email: string) => {
    const id = await bench.personOf(email);
    const expiresAt = new Date(bench.clock.now().getTime() - 1_000);
    return `/me/${writePersonToken(bench.corridor.sealer, { id, version: 1, expiresAt })}`;
  };
  const overflow = (page: Page) =>
    page.locator("html").evaluate((root) => (root as unknown as { scrollWidth: number }).scrollWidth);
  const shoot = async (page: Page, name: string) => {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  const openAll = (page: Page) =>
    page.locator("details").evaluateAll((all) => {
      for (const each of all as unknown as { open: boolean }[]) each.open = true;
    });
  /** What axe finds that keeps somebody from using the page. */
  const seriousIn = async (page: Page) => {
    await page.evaluate(axe.source);
    const found = (await page.evaluate("axe.run()")) as axe.AxeResults;
    return found.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
      .map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]);
  };

  for (const [email, language] of [
    ["giulia@acme.example", "it"],
    ["tom@acme.example", "en"],
  ] as const)
    for (const colorScheme of ["light", "dark"] as const)
      test(`axe finds nothing: ${language}, ${colorScheme}`, async () => {
        const own = await bench.ownPage(email);
        const owner = language === "it" ? "Rossi" : "Globex";
        const grant = await bench.database.row<{ id: string }>(
          "select g.id from grants g join milestones m on m.id = g.milestone_id where m.situation #>> '{deal,name}' = $1",
          [owner],
        );
        for (const [name, path] of [
          ["own", own],
          ["erase", `${own}/erase`],
          ["claim", await bench.pageOf(grant?.id ?? "")],
          ["ended", await endedPage(email)],
        ] as const) {
          const page = await open(path, { colorScheme, bypassCSP: true });
          await shoot(page, `${name}-${language}-${colorScheme}-closed`);
          await openAll(page);
          expect(await seriousIn(page)).toEqual([]);
          expect(await overflow(page)).toBeLessThanOrEqual(360);
          await shoot(page, `${name}-${language}-${colorScheme}`);
          if (name === "own" && colorScheme === "light") {
            await page.setViewportSize({ width: 1200, height: 900 });
            await shoot(page, `${name}-${language}-wide`);
          }
          await page.context().close();
        }
      });

  test("without JavaScript: read, take an offer by keyboard, open what it brought", async () => {
    const own = await bench.ownPage("giulia@acme.example");
    const page = await open(own, { javaScriptEnabled: false });
    expect(await page.getByText("1.200 punti").first().isVisible()).toBe(true);
    expect(await page.locator("#push").isVisible()).toBe(false);
    expect(await page.getByText("Ti scriveremo alle 09:00 (Rome)").first().isVisible()).toBe(true);
    // as somebody would who has no mouse: on until the button has the focus
    const take = page.getByRole("button", { name: "Prendilo con 500 punti" });
    for (let n = 0; n < 20 && !(await take.evaluate((button) => button.matches(":focus"))); n++)
      await page.keyboard.press("Tab");
    await Promise.all([page.waitForURL("**?taken"), page.keyboard.press("Enter")]);
    expect(await page.getByRole("status").textContent()).toContain("È tuo.");
    await bench.work();
    await page.reload();
    await page.getByRole("link", { name: "Un caffè offerto da noi" }).click();
    await page.getByRole("button", { name: "Mostra il mio premio" }).click();
    expect(await page.getByText("CODE-").isVisible()).toBe(true);
    await Promise.all([
      page.waitForURL("**?asked#page"),
      page.getByRole("button", { name: "Inviami il link alla mia pagina" }).click(),
    ]);
    expect(await page.getByRole("status").textContent()).toContain("il link è in arrivo");
    await page.context().close();
  });

  test("settings are kept as they were chosen, and notifications are offered where the browser has them", async () => {
    const own = await bench.ownPage("tom@acme.example");
    const complaints: string[] = [];
    const page = await open(own);
    page.on("console", (message) => complaints.push(message.text()));
    expect(await page.getByRole("button", { name: "Switch notifications on" }).isVisible()).toBe(true);
    await page.locator("#settings summary").click();
    await page.getByLabel("Text message").uncheck();
    await page.getByLabel("At hours of my own").check();
    await page.getByLabel("From", { exact: true }).fill("21:00");
    await page.getByLabel("Language").selectOption("it");
    await Promise.all([page.waitForURL("**?saved"), page.getByRole("button", { name: "Save" }).click()]);
    expect(await page.getByRole("status").first().textContent()).toContain("Salvato.");
    await page.locator("#settings summary").click();
    expect(await page.getByLabel("SMS").isChecked()).toBe(false);
    expect(await page.getByLabel("Dalle", { exact: true }).inputValue()).toBe("21:00");
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
