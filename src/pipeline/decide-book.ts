/** One rule book decides about what was told: judges the milestones, and writes them and the grants that are due. */
import type { Sql } from "../db/sql.ts";
import type { UndoneReason } from "../ledger/undone.ts";
import type { Cells } from "../metrics/index.ts";
import { isoOf, keyText, type RecordKey } from "../records/fact-rows.ts";
import type { Corridor } from "./corridor.ts";
import type { Customers } from "./customer-view.ts";
import type { DueAgain } from "./decide-again.ts";
import { type DueGrant, dueGrants } from "./decide-due.ts";
import type { Family, News } from "./decide-gather.ts";
import { writeGrants } from "./decide-grants.ts";
import { judgeFamily, milestoneKey, type StoredMilestone } from "./decide-judge.ts";
import { judgeMetrics, metricMilestones, windowsOf } from "./decide-metrics.ts";
import { writeMilestones } from "./decide-milestones.ts";
import { peopleAround } from "./decide-people.ts";

/** Rules in force, and the rows in which they are kept with what they gave. */
export interface Book {
  corridor: Corridor;
  tx: Sql;
  /** Whether anybody will ask why a rule did not match: then situations are kept of what matched none, too. */
  nearMisses: boolean;
}

export interface Decided {
  events: number;
  /** Grants that are to be ordered now. */
  granted: string[];
}

interface Known extends News {
  /** The sums that changed. */
  cells: Cells;
  customers: Customers;
  /** When the newest of the events was received; without any, the last news that there was. */
  decidedAt: Date;
}

/** Returns the grants that are to be ordered now. */
export const decideBook = async (
  { corridor, tx, nearMisses }: Book,
  news: Known,
  again: DueAgain,
): Promise<string[]> => {
  const { histories, fresh, customers, decidedAt } = news;
  const own = familiesOf(news, again.records);
  const members = own.flatMap((family) => family.members);
  const measured = await metricMilestones(corridor, tx, { cells: news.cells, again: again.metrics, decidedAt });
  const ofMetrics = judgeMetrics(corridor, measured);
  const people = await peopleAround(tx, histories, { withTeams: givesToTeams(corridor) });
  const stored = await loadMilestones(tx, members);
  const workspace = await tx.row<{ id: string }>("select id from workspace");
  const judged = [];
  const due: DueGrant[] = [];
  const undone = new Map<string, UndoneReason>();
  const place = { workspaceId: workspace?.id ?? "", timeZone: corridor.workspace.timeZone };
  for (const { read } of own) {
    const verdict = await judgeFamily(corridor, tx, read, { histories, people, customers, stored, nearMisses });
    judged.push(...verdict);
    const found = dueGrants(place, verdict, read.merges);
    due.push(...found.grants);
    for (const [id, why] of found.undone) undone.set(id, why);
  }
  for (const family of ofMetrics) {
    judged.push(...family.judged);
    due.push(...dueGrants(place, family.judged, family.merges).grants);
  }
  const milestoneIds = await writeMilestones(tx, judged, { stored, fresh, nearMisses });
  return writeGrants(corridor, tx, {
    members,
    milestones: [...new Set([...[...stored.values()].map(({ id }) => id), ...milestoneIds.values()])],
    windows: windowsOf(
      measured,
      ofMetrics.flatMap((family) => family.judged),
      milestoneIds,
    ),
    due,
    undone,
    milestoneIds,
    people,
    decidedAt,
  });
};

/** What was told concerns every book; what is judged again only the one that asked for it. */
const familiesOf = ({ families, touched }: News, again: readonly RecordKey[]): readonly Family[] => {
  const asked = new Set(again.map(keyText));
  return families.filter(({ members }) => members.map(keyText).some((key) => touched.has(key) || asked.has(key)));
};

const givesToTeams = ({ rules }: Corridor) =>
  rules.current().matcher.book.rules.some((rule) => rule.parts.some((part) => part.to === "team"));

type MilestoneRow = [
  id: number,
  type: string,
  seconds: number,
  discriminator: string,
  rule_version: number,
  matched: boolean | null,
  withdrawn: boolean,
  situation: StoredMilestone["situation"],
];

/** Record by record along the key, as histories are read. */
const loadMilestones = async (tx: Sql, members: readonly RecordKey[]): Promise<Map<string, StoredMilestone>> => {
  const rows = await tx.rows<RecordKey & { milestones: MilestoneRow[] }>(
    `select t.connection, t.kind, t.id, m.milestones
     from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
     cross join lateral (
       select json_agg(json_build_array(m.id, m.type, date_part('epoch', m.occurred_at), m.discriminator, m.rule_version, m.matched,
         m.withdrawn, case when m.matched is not false or m.withdrawn then m.situation end)) as milestones
       from milestones m where m.connection = t.connection and m.subject_kind = t.kind and m.subject_id = t.id) m
     where m.milestones is not null`,
    [members.map((key) => key.connection), members.map((key) => key.kind), members.map((key) => key.id)],
  );
  return new Map(
    rows.flatMap(({ connection, kind, id, milestones }) =>
      milestones.map(([row, type, seconds, discriminator, rule_version, matched, withdrawn, situation]) => {
        const at = isoOf(seconds);
        const stored = { id: row, type, at, discriminator, rule_version, matched, withdrawn, situation };
        return [milestoneKey({ connection, type, at, discriminator }, kind, id), stored];
      }),
    ),
  );
};
