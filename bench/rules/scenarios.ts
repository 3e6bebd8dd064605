/**
 * The rules and events that the engines are compared on, in no engine's own words. Every rule has four conditions and listens
 * to the same milestone in the same stage; they differ in amounts and teams.
 */

/** All of: stage equal, team among, amount within, and days of the sales cycle at most. */
export interface PlainRule {
  id: string;
  stage: string;
  teams: readonly string[];
  from: number;
  /** Null where there is no upper bound; there is then one for the days. */
  below: number | null;
  days: number | null;
}

export interface PlainEvent {
  stage: string;
  team: string;
  amount: number;
  days: number;
}

export interface Scenario {
  name: string;
  about: string;
  rules(count: number): PlainRule[];
  /** The same events at every run. */
  events(count: number, rules: number): PlainEvent[];
}

const stage = "closedwon";

/** As many teams as bands, in pairs: 100 rules are 10 pairs of teams with 10 bands each. */
const pairsFor = (rules: number) => Math.round(Math.sqrt(rules));
const widest = 1_000_000;

const bands: Scenario = {
  name: "bands",
  about: "bands of amounts for pairs of teams: one rule in the book matches an event, however many there are",
  rules(count) {
    const pairs = pairsFor(count);
    const perPair = Math.ceil(count / pairs);
    const width = Math.floor(widest / perPair);
    return Array.from({ length: count }, (_, index) => {
      const pair = index % pairs;
      const from = Math.floor(index / pairs) * width + pair;
      const below = from + width;
      return {
        id: `rule-${index}`,
        stage,
        teams: [`team-${2 * pair}`, `team-${2 * pair + 1}`],
        from,
        below,
        days: null,
      };
    });
  },
  events: (count, rules) => eventsOf(count, 2 * pairsFor(rules), widest),
};

const thresholds: Scenario = {
  name: "thresholds",
  about: "amounts from a threshold on and a longest cycle, for eight teams: more rules match where more are loaded",
  rules(count) {
    const random = randomFrom(7);
    return Array.from({ length: count }, (_, index) => {
      const pair = index % 4;
      const teams = [`team-${2 * pair}`, `team-${2 * pair + 1}`];
      const from = Math.floor(random() * widest);
      return { id: `rule-${index}`, stage, teams, from, below: null, days: 1 + Math.floor(random() * 90) };
    });
  },
  events: (count) => eventsOf(count, 8, widest / 50),
};

export const scenarios: readonly Scenario[] = [bands, thresholds];

const eventsOf = (count: number, teams: number, largest: number): PlainEvent[] => {
  const random = randomFrom(1);
  return Array.from({ length: count }, () => ({
    stage,
    team: `team-${Math.floor(random() * teams)}`,
    amount: Math.floor(random() * largest * 100) / 100,
    days: 1 + Math.floor(random() * 90),
  }));
};

/** Numbers from 0 to 1 that are the same at every run (mulberry32). */
const randomFrom = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
