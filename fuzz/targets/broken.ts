/** Two readers that are broken on purpose: a fuzzer that does not find them finds nothing. Never among all. */
import type { Target } from "../target.ts";

const sample = { samples: [Buffer.from("{}")], shape: "bytes" } as const;

export const brokenTargets: readonly Target[] = [
  {
    ...sample,
    name: "throws",
    read() {
      throw new Error("on purpose");
    },
  },
  {
    ...sample,
    name: "hangs",
    read() {
      for (;;);
    },
  },
];
