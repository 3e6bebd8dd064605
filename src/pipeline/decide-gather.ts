/** What deciding knows before any rule is asked: facts and records, brought up to what was just told. */
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import {
  dealsOf,
  insertFacts,
  keyText,
  loadHistories,
  mergedWith,
  type RecordKey,
  saveRecords,
  type ToldFact,
} from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";
import { families, withNeighbours } from "./decide-families.ts";
import { type FamilyRead, readFamily } from "./decide-judge.ts";

export interface ToldEvent {
  id: number;
  connection: string;
  facts: readonly Fact[];
  receivedAt: Date;
}

/** Records that are one by now: looked at together. */
export interface Family {
  members: readonly RecordKey[];
  /** Of those that anything is known of. */
  read: FamilyRead;
}

export interface News {
  /** The records that something new was told of, whole. */
  changed: readonly RecordHistory[];
  /** Of these, and of whom the caller named. */
  families: readonly Family[];
  /** Keys of all members of families to which something was told, or which hang on what was told. */
  touched: ReadonlySet<string>;
  /** Of the members, and of the records that they point at; by key. */
  histories: ReadonlyMap<string, RecordHistory>;
  /** What is new, by the key of the record that it is about. */
  fresh: ReadonlyMap<string, readonly ToldFact[]>;
}

/** Keeps what these events told, and reads the records that they touch, and `again`. */
export const gather = async (tx: Sql, events: readonly ToldEvent[], again: readonly RecordKey[]): Promise<News> => {
  const told = await insertFacts(
    tx,
    events.flatMap(({ id, connection, facts }) => facts.map((fact) => ({ ...fact, connection, eventId: id }))),
  );
  return gatherAround(tx, Map.groupBy(told, keyText), again);
};

/** The same where what is new was kept already. */
export const gatherAround = async (tx: Sql, fresh: News["fresh"], again: readonly RecordKey[]): Promise<News> => {
  const records = [...fresh.values()].flatMap(([fact]) =>
    fact ? [{ connection: fact.connection, kind: fact.kind, id: fact.id }] : [],
  );
  const touched = [...records, ...(await dealsOf(tx, records))];
  const members = await mergedWith(tx, [...touched, ...again]);
  const histories = await loadHistories(tx, members);
  await withNeighbours(tx, histories);
  const changed = records.flatMap((key) => histories.get(keyText(key)) ?? []);
  await saveRecords(tx, changed);
  return {
    changed,
    families: families(members, histories).map((family) => ({
      members: family,
      read: readFamily(
        family.flatMap((key) => histories.get(keyText(key)) ?? []),
        { histories, fresh },
      ),
    })),
    touched: new Set(touched.map(keyText)),
    histories,
    fresh,
  };
};
