/** What one event costs as the history, the rules and the processes grow: see docs/benchmarks.md. */
import { aimSentence } from "../ground/aim.ts";
import { startTaker } from "../ground/deliveries.ts";
import { openGround } from "../ground/postgres.ts";
import { type Form, keep, machineLine, median } from "../ground/report.ts";
import { type Cost, costLine, costOf } from "./cost.ts";
import type { GrowthFigures } from "./figures.ts";
import { withHistories } from "./histories.ts";
import { withProcesses } from "./processes.ts";
import { withRules } from "./rules.ts";

export const growth = async (form: Form, say: (line: string) => void = console.log): Promise<GrowthFigures> => {
  const ground = await openGround();
  const taker = await startTaker(ground);
  try {
    say(machineLine(ground.version));
    const histories = await withHistories({ ground, taker }, form, say);
    for (const { events, costs } of histories)
      tell(form, say, `${events.toLocaleString("en")} events of history`, costs);
    const rules = await withRules({ ground, taker }, form);
    for (const each of rules) tell(form, say, `${each.rules.toLocaleString("en")} rules`, each.costs);
    const processes = await withProcesses({ ground, taker }, form);
    for (const each of processes) tell(form, say, `${each.processes} processes`, each.costs);
    const figures = { histories, rules, processes };
    if (form === "short") {
      say("a history that was copied is like one that was decided; each size was decided as it must be");
      return figures;
    }
    const times = (sized: readonly { costs: Cost[] }[]) =>
      median((sized.at(-1)?.costs ?? []).map(costOf)) / median((sized[0]?.costs ?? []).map(costOf));
    say(aimSentence({ what: "cost of an event, longest history to shortest", found: times(histories), atMost: 1.3 }));
    say(aimSentence({ what: "cost of an event, most rules to fewest", found: times(rules), atMost: 1.3 }));
    const rate = (sized: { costs: Cost[] } | undefined) =>
      median((sized?.costs ?? []).map(({ events, seconds }) => events / seconds));
    for (const each of processes.slice(1))
      say(
        `${each.processes} processes decide ${(rate(each) / rate(processes[0])).toFixed(2)} times as many events a second as one`,
      );
    say(`kept in ${keep("growth", figures)}`);
    return figures;
  } finally {
    await taker.stop();
    await ground.close();
  }
};

const tell = (form: Form, say: (line: string) => void, what: string, costs: readonly Cost[]) => {
  if (form === "whole") say(`${what}: ${costLine(costs)}`);
};
