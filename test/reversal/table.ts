/** The state table of docs/reversal.md, as its tests read it. */
import { readFileSync } from "node:fs";
import { type GrantState, grantStates } from "../../src/ledger/grant-states.ts";

export interface Row {
  from: GrantState;
  event: string;
  /** The states that it passes through, the last one last; empty where it stays. */
  to: GrantState[];
  /** `what: account → account` of each posting of the grant, in order. */
  postings: string[];
  told: string;
  by: string;
}

const isState = (name: string): name is GrantState => grantStates.some((state) => state === name);
const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? "");
const states = (cell: string): GrantState[] =>
  codes(cell).map((name) => {
    if (!isState(name)) throw new Error(`docs/reversal.md: found "${name}", expected a state of a grant`);
    return name;
  });

export const readTable = (): Row[] => {
  const page = readFileSync(new URL("../../docs/reversal.md", import.meta.url), "utf8");
  const [, table = ""] = /<!-- reversal:.*-->\n([\s\S]*?)\n<!-- end of reversal -->/.exec(page) ?? [];
  return table
    .split("\n")
    .slice(2)
    .map((line) => {
      const [, from = "", event = "", to = "", ledger = "", told = "", by = ""] = line
        .split("|")
        .map((cell) => cell.trim());
      const [first] = states(from);
      if (!first) throw new Error(`docs/reversal.md: no state in "${line}"`);
      const postings = ledger === "nothing" ? [] : ledger.split("; ");
      return { from: first, event, to: states(to), postings, told, by: codes(by)[0] ?? "" };
    });
};
