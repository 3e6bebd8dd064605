/**
 * Our whole engine beside json-rules-engine and ZEN, in one run and on the same events. Throws where they do not decide alike.
 * See docs/benchmarks.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import path from "node:path";
import { accolade, type Loaded } from "./accolade.ts";
import { jsonRulesEngine } from "./json-rules-engine.ts";
import { type Measured, measure } from "./measure.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { zenEngine } from "./zen-engine.ts";

interface Size {
  sizes: readonly number[];
  events: number;
  runs: number;
  /** The longest that one run of one engine may take, in milliseconds. */
  msPerRun: number;
}

const whole: Size = { sizes: [100, 1_000, 10_000], events: 10_000, runs: 3, msPerRun: 3_000 };
const short: Size = { sizes: [25, 100], events: 100, runs: 0, msPerRun: Number.POSITIVE_INFINITY };

type EngineResult = Omit<Measured, "decisions"> & { engine: string; agreedOn: number };

export interface Result {
  scenario: string;
  rules: number;
  matchesPerEvent: number;
  loaded: Loaded | null;
  engines: EngineResult[];
}

/** Runs the comparison. The short form is for CI: few rules and events, and no times are told, since they would say nothing. */
export const rules = async (
  form: "whole" | "short",
  print: (line: string) => void = console.log,
): Promise<Result[]> => {
  const size = form === "whole" ? whole : short;
  print(`${cpu}, ${availableParallelism()} cores, ${platform()} ${arch()}, Node.js ${process.version}`);
  const results: Result[] = [];
  for (const scenario of scenarios) {
    print(`\n${scenario.name}: ${scenario.about}`);
    for (const count of size.sizes) {
      const result = await compare(scenario, count, size);
      results.push(result);
      for (const line of form === "whole" ? timesOf(result) : agreementOf(result)) print(line);
    }
    if (form === "whole") print(growthOf(results.filter((each) => each.scenario === scenario.name)));
  }
  if (form === "whole") print(`\nkept in ${keep(results)}`);
  return results;
};

const cpu = cpus()[0]?.model ?? "an unknown processor";

const compare = async (scenario: Scenario, count: number, { events, runs, msPerRun }: Size): Promise<Result> => {
  const plainRules = scenario.rules(count);
  const plainEvents = scenario.events(events, count);
  let loaded: Loaded | null = null;
  const ours = accolade((times) => {
    loaded = times;
  });
  const contenders = [ours, jsonRulesEngine, zenEngine];
  const deciders = await Promise.all(contenders.map((contender) => contender.prepare(plainRules)));
  const entrants = deciders.map((decider, index) => ({
    batch: decider.accept(plainEvents),
    together: contenders[index]?.together ?? 1,
  }));
  const measured = await measure(entrants, { events, runs, msPerRun });
  for (const decider of deciders) decider.close?.();

  const expected = measured[0]?.decisions ?? [];
  const engines = measured.map(({ decisions, ...rates }, index): EngineResult => {
    const { name, version } = contenders[index] ?? ours;
    refuseDifference(name, decisions, expected);
    return { engine: `${name} ${version}`, agreedOn: decisions.length, ...rates };
  });
  const matches = expected.reduce((sum, ids) => sum + ids.length, 0);
  if (matches === 0) throw new Error(`no rule of ${scenario.name} matched: nothing was compared`);
  return { scenario: scenario.name, rules: count, matchesPerEvent: matches / expected.length, loaded, engines };
};

const refuseDifference = (name: string, decisions: readonly string[][], expected: readonly string[][]): void => {
  if (decisions.length === 0) throw new Error(`${name} decided nothing`);
  for (const [event, ids] of decisions.entries()) {
    if (ids.join() === expected[event]?.join()) continue;
    throw new Error(`event ${event}: ${name} found [${ids.join(", ")}], we found [${expected[event]?.join(", ")}]`);
  }
};

const headOf = ({ rules: count, matchesPerEvent }: Result) =>
  `  ${digits(count)} rules, ${matchesPerEvent.toFixed(2)} matches an event`;

const agreementOf = (result: Result): string[] => [
  headOf(result),
  ...result.engines.map(({ engine, agreedOn }) => `    ${engine}: decided alike on ${digits(agreedOn)} events`),
];

const timesOf = (result: Result): string[] => {
  const { loaded, engines } = result;
  const [ours] = engines;
  const read = loaded ? [`    read in ${digits(loaded.readMs)} ms, compiled in ${digits(loaded.compileMs)} ms`] : [];
  const lines = engines.flatMap((each) => [
    `    ${each.engine.padEnd(27)}${digits(each.rate).padStart(9)} events/s, ${digits(each.cpuRate)} per second of processor time`,
    `      decided alike on ${digits(each.agreedOn)} of the events; ${digits(each.events)} or more in each run`,
    ...(ours && each !== ours ? [`      we decide ${ratios(ours, each)} times as many events`] : []),
  ]);
  return [headOf(result), ...read, ...lines];
};

const ratios = (ours: EngineResult, other: EngineResult) =>
  `${digits(ours.rate / other.rate)} (by processor time ${digits(ours.cpuRate / other.cpuRate)})`;

/** How our cost of an event grows from the smallest book to the largest. */
const growthOf = (results: readonly Result[]): string => {
  const [first, last] = [results[0], results.at(-1)];
  const [few, many] = [first?.engines[0], last?.engines[0]];
  if (!first || !last || !few || !many) return "";
  const matches = last.matchesPerEvent / first.matchesPerEvent;
  const cost = `${(few.rate / many.rate).toFixed(2)} times as much (by processor time ${(few.cpuRate / many.cpuRate).toFixed(2)})`;
  return `  with ${digits(last.rules / first.rules)} times the rules and ${matches.toFixed(1)} times the matches, an event costs us ${cost}`;
};

const digits = (value: number) => Math.round(value).toLocaleString("en");

const keep = (results: readonly Result[]): string => {
  const folder = path.join(import.meta.dirname, "../results");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "rules.json");
  const machine = { cpu, cores: availableParallelism(), node: process.version };
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`);
  return path.relative(process.cwd(), file);
};
