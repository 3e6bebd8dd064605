/** Every reader of what others wrote, by hand. A new one is a line here. */
import type { Target } from "../target.ts";
import { connectorTargets } from "./connectors.ts";
import { fileTargets } from "./files.ts";
import { receiptTargets } from "./receipts.ts";
import { ruleTargets } from "./rules.ts";

export const allTargets = (): readonly Target[] => [
  ...connectorTargets,
  ...receiptTargets(),
  ...ruleTargets,
  ...fileTargets,
];
