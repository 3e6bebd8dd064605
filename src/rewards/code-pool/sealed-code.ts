import { z } from "zod";
import type { Sealer } from "../../sealer.ts";

/** What the recipient of a code can use. */
export type CodeContent = {
  kind: "code";
  code: string;
  pin?: string;
  url?: string;
  /** The last day on which it can be used, `2026-12-31`. */
  expiresOn?: string;
};

const PURPOSE = "code";
const shape = z.object({
  kind: z.literal("code"),
  code: z.string(),
  pin: z.string().exactOptional(),
  url: z.string().exactOptional(),
  expiresOn: z.string().exactOptional(),
});

/** As it lies in `codes.sealed`. */
export const sealCode = (sealer: Sealer, content: CodeContent): Buffer => sealer.seal(JSON.stringify(content), PURPOSE);

/** Undefined where no key of ACCOLADE_SECRET_KEY opens it. */
export const openCode = (sealer: Sealer, sealed: Buffer): CodeContent | undefined => {
  try {
    return shape.parse(JSON.parse(sealer.open(sealed, PURPOSE)));
  } catch {
    return undefined;
  }
};

/** Finds the same code again without reading it. */
export const digestCode = (sealer: Sealer, code: string): string => sealer.digest(code, PURPOSE);
