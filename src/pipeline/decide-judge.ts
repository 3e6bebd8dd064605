/** Reads the milestones off a family of records and asks the rules about each, as of its own moment. */
import type { Sql } from "../db/sql.ts";
import type { Match } from "../engine/index.ts";
import { exchangedMajor } from "../rates.ts";
import { keyText, type ToldFact } from "../records/fact-rows.ts";
import { type Milestone, milestonesOf } from "../records/milestones.ts";
import { situationOf } from "../records/situation-of.ts";
import { endOfSave, type RecordHistory } from "../records/timeline.ts";
import type { Situation } from "../situation.ts";
import { localDay } from "../windows.ts";
import type { Corridor } from "./corridor.ts";
import type { Customers } from "./customer-view.ts";
import type { Judged, JudgedMatch, Merges } from "./decide-due.ts";
import { heldSituation, releaseOf } from "./decide-hold.ts";
import type { People } from "./decide-people.ts";
import type { RuleVersion } from "./rule-versions.ts";

export interface StoredMilestone {
  id: number;
  type: string;
  at: string;
  discriminator: string;
  rule_version: number;
  /** Empty where no rule listened; null where it was not read, since nothing matched. */
  situation: Situation | Record<string, never> | null;
  matched: boolean | null;
  withdrawn: boolean;
}

/** One text for what makes a milestone the same milestone. */
export const milestoneKey = (
  m: { connection: string; type: string; at: string; discriminator: string },
  kind: string,
  id: string,
) => JSON.stringify([m.connection, kind, id, m.type, m.at, m.discriminator]);

/** What is read off a family of records before any rule is asked. */
export interface FamilyRead {
  histories: readonly RecordHistory[];
  /** Oldest first. */
  milestones: readonly Milestone[];
  /** Whether something was just told that the situation of a milestone rests on. */
  toldAnew(milestone: Milestone): boolean;
  merges: Merges;
}

interface News {
  histories: ReadonlyMap<string, RecordHistory>;
  /** What is new, by `keyText` of the record that it is about. */
  fresh: ReadonlyMap<string, readonly ToldFact[]>;
}

export const readFamily = (family: readonly RecordHistory[], news: News): FamilyRead => {
  const milestones = family.flatMap((history) =>
    milestonesOf(
      history,
      family.filter((other) => other !== history),
    ),
  );
  milestones.sort(
    (a, b) =>
      compare(a.at, b.at) || compare(a.type, b.type) || compare(a.subject.id, b.subject.id) || a.ordinal - b.ordinal,
  );
  return { histories: family, milestones, toldAnew: toldOf(family, news), merges: mergesIn(family) };
};

interface Known {
  histories: ReadonlyMap<string, RecordHistory>;
  people: People;
  customers: Customers;
  /** By `milestoneKey`. */
  stored: ReadonlyMap<string, StoredMilestone>;
  /** Whether what no rule matched is stored, too. Else one without a row that nothing new was told of matched none. */
  nearMisses: boolean;
}

/** Asks the rules about each milestone of a family, by the version in force when it was first decided. */
export const judgeFamily = async (
  corridor: Corridor,
  tx: Sql,
  { histories, milestones, toldAnew }: FamilyRead,
  known: Known,
): Promise<Judged[]> => {
  const judged: Judged[] = [];
  for (const milestone of milestones) {
    const subject = histories.find((history) => history.id === milestone.subject.id);
    if (!subject) continue;
    const stored = known.stored.get(milestoneKey(milestone, milestone.subject.kind, milestone.subject.id));
    const version = stored ? await corridor.rules.version(stored.rule_version, tx) : corridor.rules.current();
    const before = stored && !toldAnew(milestone) ? stored : undefined;
    const kept = before?.situation && isWhole(before.situation) ? before.situation : undefined;
    const near = around(corridor, known, milestone.connection);
    const byRelease = (at: string) => situationOf({ ...milestone, field: null, at }, subject, near);
    const each: Judged = whenAsked(
      {
        milestone,
        version,
        matches: [],
        kept: before !== undefined && (kept !== undefined || before.situation === null),
      },
      () => kept ?? situationOf(milestone, subject, near),
    );
    const matchedNone = before
      ? before.matched === false && before.rule_version === version.id
      : !known.nearMisses && histories.length === 1 && !toldAnew(milestone);
    if (version.matcher.listens(milestone.type) && !matchedNone)
      each.matches = version.matcher
        .match(each.situation)
        .map((match) => heldMatch(match, each.situation, version, corridor.workspace.timeZone, byRelease));
    judged.push(each);
  }
  return judged;
};

/** Most milestones have no rule that listens, and nothing that they undo: nobody asks for their situation. */
const whenAsked = (judged: Omit<Judged, "situation">, build: () => Situation): Judged => {
  let built: Situation | undefined;
  return {
    ...judged,
    get situation() {
      built ??= build();
      return built;
    },
  };
};

/** A rule that holds is judged by what the record is when the reward is released, as far as that is known by now. */
export const heldMatch = (
  match: Match,
  situation: Situation,
  version: RuleVersion,
  timeZone: string,
  byRelease: ((at: string) => Situation) | null,
): JudgedMatch => {
  const releaseAt = releaseOf(match.rule, situation, timeZone);
  const plain = { ...match, seen: situation, releaseAt, fallen: null };
  if (releaseAt === null || !byRelease) return plain;
  const seen = heldSituation(situation, byRelease(releaseAt));
  const again = version.matcher.match(seen).find((each) => each.rule.id === match.rule.id);
  if (again) return { ...again, seen, releaseAt, fallen: null };
  return { ...plain, fallen: seen.owner?.id === situation.owner?.id ? "deal.amount_changed" : "deal.owner_changed" };
};

/** A milestone that no rule listened to keeps no situation. */
const isWhole = (situation: Situation | Record<string, never>): situation is Situation => "milestone" in situation;

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

/**
 * Which milestones must be looked at anew: those whose records were told something at or before their moment, or something
 * first (before the first that is known of a field, that first value counts). The others keep the situation in which they
 * were decided: people may have changed team since.
 */
const toldOf = (family: readonly RecordHistory[], { fresh, histories }: News) => {
  const near = new Set<string>();
  for (const { connection, kind, id, fields } of family) {
    near.add(keyText({ connection, kind, id }));
    for (const [field, steps] of fields) {
      if (field.startsWith("contact:")) near.add(`${connection}/contact/${field.slice("contact:".length)}`);
      if (field === "company") for (const { value } of steps) near.add(`${connection}/company/${value}`);
    }
  }
  const earliest = [...near]
    .flatMap((key) => fresh.get(key) ?? [])
    .map((fact) => (histories.get(keyText(fact))?.fields.get(fact.field)?.[0]?.at === fact.at ? "" : fact.at))
    .sort()[0];
  return ({ at }: Milestone) => earliest !== undefined && earliest <= endOfSave(at);
};

const around = ({ workspace }: Corridor, { histories, people, customers }: Known, connection: string) => ({
  history: (kind: RecordHistory["kind"], id: string) => histories.get(`${connection}/${kind}/${id}`),
  person: (kind: RecordHistory["kind"], id: string) => people.person(connection, kind, id),
  managerOf: (userId: string) => people.managerOf(connection, userId),
  teamOf: (team: string) => people.teamOf(team),
  convert: (amount: number, currency: string | null, at: string) =>
    exchangedMajor(workspace, amount, currency, () => localDay(at, workspace.timeZone)),
  customer: (companyId: string, at: string) => customers.of(connection, companyId, at),
});

const mergesIn = (family: readonly RecordHistory[]): Merges => {
  const merges = family.flatMap((history) =>
    (history.fields.get("merged_into") ?? []).map((step) => ({
      from: history.id,
      into: String(step.value),
      at: step.at,
    })),
  );
  return {
    same(a, b, at) {
      const reached = new Set([a]);
      for (let grew = true; grew; ) {
        grew = false;
        for (const merge of merges) {
          if (merge.at > at || reached.has(merge.from) === reached.has(merge.into)) continue;
          reached.add(merge.from).add(merge.into);
          grew = true;
        }
      }
      return reached.has(b);
    },
    away: (id, at) => merges.some((merge) => merge.from === id && merge.at <= endOfSave(at)),
  };
};
