import type { Fact } from "../../src/events.ts";
import { instant, number, text } from "./cell.ts";
import type { Row } from "./session.ts";
import type { SalesforceSettings } from "./settings.ts";

/** What each stage of the org means; by its API name and by its label, since records hold either. */
export const stageMeanings = (rows: readonly Row[], settings: SalesforceSettings): ReadonlyMap<string, string> => {
  const meanings = new Map<string, string>(Object.entries(settings.stages));
  for (const row of rows) {
    const meaning = row.get("IsClosed") !== true ? "open" : row.get("IsWon") === true ? "won" : "lost";
    for (const name of [row.get("MasterLabel"), row.get("ApiName")]) {
      if (typeof name === "string") meanings.set(name, meaning);
    }
  }
  return meanings;
};

/** The stages and amounts that an opportunity had, each from its own time on: the timeline, whatever messages were lost. */
export const historyFacts = (dealId: string, rows: readonly Row[], meanings: ReadonlyMap<string, string>): Fact[] =>
  rows.flatMap((row) => {
    const at = instant(row.get("CreatedDate") ?? null);
    if (!at) return [];
    const about = { kind: "deal", id: dealId, at } as const;
    const facts: Fact[] = [];
    const stage = text(row.get("StageName") ?? null);
    if (typeof stage === "string") {
      facts.push({ ...about, field: "stage", value: stage }, { ...about, field: "stage_label", value: stage });
      const meaning = meanings.get(stage);
      if (meaning !== undefined) facts.push({ ...about, field: "status", value: meaning });
    }
    const amount = number(row.get("Amount") ?? null);
    if (amount !== undefined) facts.push({ ...about, field: "amount", value: amount });
    return facts;
  });
