/** A process of its own that compiles layouts, one for each message. It ends with whoever started it. */
import { compileLayout } from "./mail-layout.ts";

export interface LayoutAsked {
  file: string;
  source: string;
  layoutNames: readonly string[];
}

process.on("message", async ({ file, source, layoutNames }: LayoutAsked) => {
  process.send?.(await compileLayout(file, source, layoutNames));
});
