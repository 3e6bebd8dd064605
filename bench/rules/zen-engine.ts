import { ZenDecisionContent, ZenEngine } from "@gorules/zen-engine";
import type { Contender } from "./contender.ts";
import type { PlainRule } from "./scenarios.ts";
import { versionOf } from "./version-of.ts";

/** One decision table with a row for each rule, compiled once, that collects every row that holds. */
export const zenEngine: Contender = {
  name: "@gorules/zen-engine",
  version: versionOf("@gorules/zen-engine"),
  together: 100,
  async prepare(rules) {
    const engine = new ZenEngine();
    const decision = engine.createDecision(new ZenDecisionContent(tableOf(rules)));
    return {
      accept: (events) => ({
        async decide(start, end) {
          // together, so that its threads can share the work
          const answers = await Promise.all(events.slice(start, end).map((event) => decision.evaluate(event)));
          return answers.map(({ result }) => (result as { id: string }[]).map(({ id }) => id));
        },
      }),
      close: () => engine.dispose(),
    };
  },
};

const columns = ["stage", "team", "amount", "days"] as const;

const tableOf = (rules: readonly PlainRule[]) => ({
  nodes: [
    { id: "input", type: "inputNode", name: "input", position: { x: 0, y: 0 } },
    {
      id: "table",
      type: "decisionTableNode",
      name: "table",
      position: { x: 0, y: 0 },
      content: {
        hitPolicy: "collect",
        inputs: columns.map((field) => ({ id: field, name: field, field })),
        outputs: [{ id: "id", name: "id", field: "id" }],
        rules: rules.map(rowOf),
      },
    },
    { id: "output", type: "outputNode", name: "output", position: { x: 0, y: 0 } },
  ],
  edges: [
    { id: "in", sourceId: "input", targetId: "table", type: "edge" },
    { id: "out", sourceId: "table", targetId: "output", type: "edge" },
  ],
});

/** Cells in ZEN's unary form; an empty cell always holds. */
const rowOf = ({ id, stage, teams, from, below, days }: PlainRule) => ({
  _id: id,
  stage: JSON.stringify(stage),
  team: teams.map((team) => JSON.stringify(team)).join(", "),
  amount: below === null ? `>= ${from}` : `[${from}..${below})`,
  days: days === null ? "" : `<= ${days}`,
  id: JSON.stringify(id),
});
