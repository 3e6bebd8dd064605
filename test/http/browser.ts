/** Debian's Chromium for tests that need a browser. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const program = "/usr/bin/chromium";

/** Whether to test in a browser here. Without Chromium a developer's run goes on without; CI fails instead. */
export const browserAtHand = (): boolean => {
  if (existsSync(program)) return true;
  if (process.env.CI) throw new Error(`CI needs Chromium at ${program}: apt-get install chromium`);
  console.warn(`Chromium is not installed at ${program}: the browser tests are skipped`);
  return false;
};

/** A browser that calls nobody but the pages under test. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
