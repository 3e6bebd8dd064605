/** Debian's Chromium for tests that need a browser. */
import { type Browser, chromium } from "playwright-core";
import { atHand, chromiumProgram } from "../support/parts-at-hand.ts";

/** Whether to test in a browser here. Without Chromium a developer's run goes on without; CI fails instead. */
export const browserAtHand = (): boolean => atHand(chromiumProgram, "chromium");

/** A browser that calls nobody but the pages under test. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumProgram ?? "chromium",
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
