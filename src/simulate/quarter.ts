/**
 * A quarter of a sales team, squeezed into a few minutes: deals with stages, wins, losses and reopenings, amounts and
 * owners that change, contacts who subscribe, leave and come back.
 */
import type { FactValue } from "../events.ts";
import { contactLife } from "./contact-life.ts";
import { dealLife, type Moment } from "./deal-life.ts";
import type { Dialect, WireEvent } from "./dialect.ts";
import type { Random } from "./random.ts";
import type { Save, StoryRecord } from "./story.ts";

export interface QuarterPlan {
  random: Random;
  /** How many events, in the CRMs' own counting. */
  events: number;
  dialects: ReadonlyMap<string, Dialect>;
  /** The reps of each connection, by their CRM user id. Empty: some are made up. */
  reps: ReadonlyMap<string, readonly string[]>;
  currencies: readonly string[];
  /** When the quarter begins on the clock, and how long it lasts there: in milliseconds. */
  begins: number;
  lasts: number;
  now: number;
}

export interface Told {
  save: Save;
  events: WireEvent[];
}

const QUARTER_DAYS = 91;
const CONTACTS = 0.35;

/** What happened, in the order in which it is told. */
export const playQuarter = (plan: QuarterPlan): Told[] => {
  const { random, dialects } = plan;
  const told: Told[] = [];
  const contacts = new Map<string, string[]>();
  const owners = new Map([...dialects].map(([id, dialect]) => [id, ownersOf(plan, id, dialect)]));
  const connections = [...dialects.keys()];
  let events = 0;
  for (let record = 0; events < plan.events * 1.02 + 20; record++) {
    const connection = connections[record % connections.length];
    const dialect = dialects.get(connection ?? "");
    const own = owners.get(connection ?? "");
    if (connection === undefined || !dialect || !own) break;
    const known = contacts.get(connection) ?? [];
    const kind = random.chance(CONTACTS) ? "contact" : "deal";
    const subject: StoryRecord = { connection, kind, id: dialect.newId(kind) };
    const contact = random.chance(0.5) ? known.at(-1 - random.below(Math.min(known.length, 20))) : undefined;
    const moments =
      kind === "contact"
        ? contactLife(random, subject.id, own)
        : dealLife(random, {
            owners: own,
            contact,
            stages: dialect.stages,
            currencies: plan.currencies,
            now: plan.now,
          });
    if (kind === "contact") contacts.set(connection, [...known.slice(-20), subject.id]);
    for (const each of tell(plan, dialect, subject, moments)) {
      events += each.events.length;
      told.push(each);
    }
  }
  told.sort((a, b) => a.save.at - b.save.at);
  return firstOf(told, plan.events).sort((a, b) => a.save.at + a.save.late - (b.save.at + b.save.late));
};

const ownersOf = ({ reps }: QuarterPlan, id: string, dialect: Dialect): [string, ...string[]] => {
  const [first, ...others] = reps.get(id) ?? [];
  if (first !== undefined) return [first, ...others];
  return [dialect.newOwner(), dialect.newOwner(), dialect.newOwner(), dialect.newOwner()];
};

/** Puts the moments of one record on the clock, and into the CRM's words. */
const tell = (plan: QuarterPlan, dialect: Dialect, record: StoryRecord, moments: readonly Moment[]): Told[] => {
  const known = new Map<string, FactValue>();
  const scale = plan.lasts / QUARTER_DAYS;
  return moments
    .filter((moment) => moment.day < QUARTER_DAYS)
    .flatMap((moment, index) => {
      const at = Math.round(plan.begins + moment.day * scale);
      const created: Save["values"] =
        index === 0 && record.kind === "contact" ? [["created_at", new Date(at).toISOString()]] : [];
      const values = [...created, ...moment.values].filter(([field]) => dialect.carries(record.kind, field));
      if (values.length === 0) return [];
      const late = moment.mayBeLate && plan.random.chance(0.15) ? Math.round(plan.random.between(7, 20) * scale) : 0;
      for (const [field, value] of values) known.set(field, value);
      const save: Save = { record, at, values, first: index === 0, late };
      return [{ save, events: dialect.say(save, known) }];
    });
};

/** The first so many events: what comes later in the quarter has not happened. A save is never cut in two. */
const firstOf = (told: readonly Told[], most: number): Told[] => {
  const cut = new Set<StoryRecord>();
  let left = most;
  return told.filter(({ save, events }) => {
    if (cut.has(save.record) || events.length > left) {
      cut.add(save.record);
      return false;
    }
    left -= events.length;
    return true;
  });
};
