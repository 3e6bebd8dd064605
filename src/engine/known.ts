import type { ZodType } from "zod";
import type { RuleMetric } from "./rule-book.ts";

/** A metric as rules may name it. */
export interface KnownMetric {
  /** One line for people: what it says. */
  about: string;
  /** What its value counts: `ratio`, `days`, `EUR`. */
  unit: string;
  /** What it can be of. */
  of: readonly RuleMetric["of"][];
  /** Its options, each with its values; the first is the default. */
  options: Readonly<Record<string, readonly string[]>>;
}

/** What rules may refer to outside of their own files. */
export interface Known {
  /** Provider ids in accolade.yaml, each with the schema of a reward's own keys and the currencies it supplies. */
  providers: ReadonlyMap<string, { options: ZodType<unknown>; supplies: "points" | "money" | "both" }>;
  workspaceCurrency: string;
  /** IANA name: dates without a time in `from` and `until` start at midnight there. */
  timeZone: string;
  /** By name. */
  metrics: ReadonlyMap<string, KnownMetric>;
  /** Groups of approvers in accolade.yaml. `manager`, the recipient's own, is always known and not among them. */
  approvers: ReadonlySet<string>;
  /** Currencies with a rate to the workspace's, which itself is always convertible. */
  convertible: ReadonlySet<string>;
}
