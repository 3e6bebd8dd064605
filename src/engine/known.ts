import type { ZodType } from "zod";
import type { Money } from "../money.ts";
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

/** A provider as rewards may name it. */
export interface KnownProvider {
  /** Schema of a reward's own keys. */
  options: ZodType<unknown>;
  /** The currencies that it supplies. */
  supplies: "points" | "money" | "both";
  /** Why it cannot supply this, as far as its catalogue is known; undefined where it can, or nobody knows. Asks nobody. */
  misfit?(options: unknown, value: Money): string | undefined;
}

/** What rules may refer to outside of their own files. */
export interface Known {
  /** By id in accolade.yaml. */
  providers: ReadonlyMap<string, KnownProvider>;
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
