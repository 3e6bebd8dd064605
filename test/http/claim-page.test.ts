/** The recipient's page in a real browser: on a phone, by keyboard, without JavaScript. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createApp } from "../../src/http/app.ts";
import { type Listening, listen } from "../../src/http/listen.ts";
import { browserAtHand, openBrowser } from "./browser.ts";
import { aClaim, outboxMessages, testParts } from "./parts.ts";

(browserAtHand() ? describe : describe.skip)("in a browser", () => {
  let browser: Browser;
  let server: Listening;
  let base: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    const parts = testParts({
      outbox: async () => outboxMessages,
      claim: async (token) => (token === "good" ? { ...aClaim, title: "A".repeat(60) } : undefined),
    });
    server = await listen(createApp(parts), 0, { host: "127.0.0.1" });
    base = `http://127.0.0.1:${server.port}`;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close(1_000);
  });

  const open = async (path: string, options: BrowserContextOptions) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(base + path);
    return page;
  };
  const phone = { viewport: { width: 360, height: 740 } };
  const overflow = (page: Page) =>
    page.locator("html").evaluate((root) => (root as unknown as { scrollWidth: number }).scrollWidth);

  for (const javaScriptEnabled of [true, false])
    test(`a phone of 360 px, by keyboard, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      const page = await open("/me/good", { ...phone, javaScriptEnabled });
      expect(await page.getByText("XMAS-7KQ2-9FWD").count()).toBe(0);
      if (javaScriptEnabled) expect(await overflow(page)).toBeLessThanOrEqual(360);
      await page.keyboard.press("Tab");
      await Promise.all([page.waitForURL("**/reveal"), page.keyboard.press("Enter")]);
      expect(await page.getByText("XMAS-7KQ2-9FWD").isVisible()).toBe(true);
      expect(await page.locator("svg").isVisible()).toBe(true);
      if (javaScriptEnabled) expect(await overflow(page)).toBeLessThanOrEqual(360);
      await page.context().close();
    });

  test("the style is let in by the page's own policy, and nothing complains", async () => {
    complaints.length = 0;
    const page = await open("/me/good", { ...phone, colorScheme: "dark" });
    expect(await page.locator("body").evaluate((body) => getComputedStyle(body as never).backgroundColor)).toBe(
      "rgb(18, 22, 20)",
    );
    await page.goto(`${base}/me/bad`);
    expect(await page.locator("h1").isVisible()).toBe(true);
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    await page.context().close();
  });

  test("the outbox shows a mail as its reader sees it, and runs nothing in it", async () => {
    const page = await open("/outbox", phone);
    const mail = page.frameLocator("iframe");
    expect(await mail.getByText("deal is won").isVisible()).toBe(true);
    expect(await mail.locator("a").evaluate((link) => getComputedStyle(link as never).display)).toBe("inline");
    expect(await mail.getByText("script ran").count()).toBe(0);
    expect(await overflow(page)).toBeLessThanOrEqual(360);
    const [opened] = await Promise.all([page.context().waitForEvent("page"), mail.locator("a").click()]);
    expect(opened.url()).toMatch(/\/me\/abc$|^about:blank$|chrome-error/);
    await page.context().close();
  });

  test("the page that stops mails: a button, done without a question more, and a way back; on a phone and without JavaScript", async () => {
    complaints.length = 0;
    const page = await open("/u/good", { ...phone, javaScriptEnabled: false });
    await page.getByRole("button", { name: "Non voglio più queste email" }).click();
    expect(page.url()).toBe(`${base}/u/good`);
    expect(await page.locator("h1").textContent()).toBe("Fatto: niente più email di questo tipo");
    await page.getByText("È stato un errore?").click();
    await page.getByRole("button", { name: "Scrivetemi di nuovo" }).click();
    expect(await page.locator("h1").textContent()).toBe("Riceverai di nuovo queste email");
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

declare const getComputedStyle: (element: never) => { backgroundColor: string; display: string };
