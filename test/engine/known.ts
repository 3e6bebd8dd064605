import { z } from "zod";
import { type Known, type KnownMetric, type LoadedRules, loadRules, type RuleBook } from "../../src/engine/index.ts";
import { problemLine } from "../../src/yaml/problem.ts";

/** A workspace with the providers of the docs: small schemas of the same form as the real ones. */
export const known: Known = {
  providers: new Map([
    ["points", { options: z.strictObject({}), supplies: "points" as const }],
    ["code-pool", { options: z.strictObject({ pool: z.string().regex(/^[a-z0-9-]+$/) }), supplies: "money" as const }],
    [
      "tremendous",
      {
        options: z.strictObject({ products: z.array(z.string()).min(1).optional(), campaign: z.string().optional() }),
        supplies: "money" as const,
      },
    ],
  ]),
  workspaceCurrency: "EUR",
  timeZone: "Europe/Rome",
  metrics: new Map(
    Object.entries<KnownMetric>({
      close_rate: {
        about: "deals won of those that were open",
        unit: "ratio",
        of: ["owner", "team", "workspace"],
        options: { basis: ["prospects", "closed"], weight: ["count", "amount"] },
      },
      cycle_days: { about: "days from creation to won", unit: "days", of: ["owner", "team"], options: {} },
      customer_lifetime_value: { about: "what a company is worth", unit: "EUR", of: ["company"], options: {} },
    }),
  ),
  approvers: new Set(["finance", "sales-leads"]),
  convertible: new Set(["USD"]),
};

export const load = (...texts: string[]): LoadedRules =>
  loadRules(
    texts.map((text, index) => ({ file: `rules/${index + 1}.yaml`, text })),
    known,
  );

/** The problems as an admin reads them; empty where the rules are good. */
export const problemsOf = (...texts: string[]): string[] => {
  const loaded = load(...texts);
  return loaded.ok ? [] : loaded.problems.map(problemLine);
};

/** The book of rules that must be good. */
export const bookOf = (...texts: string[]): RuleBook => {
  const loaded = load(...texts);
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join("\n"));
  return loaded.book;
};
