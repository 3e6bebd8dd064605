/** Milestones as rows: new ones with the situation they were judged in, and those that turned out not to have been. */
import type { Sql } from "../db/sql.ts";
import { keyText, type ToldFact } from "../records/fact-rows.ts";
import type { Judged } from "./decide-due.ts";
import { milestoneKey, type StoredMilestone } from "./decide-judge.ts";

interface Known {
  stored: ReadonlyMap<string, StoredMilestone>;
  fresh: ReadonlyMap<string, readonly ToldFact[]>;
  /** Whether what no rule matched is kept, with its situation where one listened. Of a metric it is: when it was judged is in there. */
  nearMisses: boolean;
}

/** Writes what was judged; returns the row id of each judged milestone. */
export const writeMilestones = async (
  tx: Sql,
  judged: readonly Judged[],
  { stored, fresh, nearMisses }: Known,
): Promise<Map<Judged, number>> => {
  let newest: number | null = null;
  for (const told of fresh.values()) for (const { eventId } of told) newest = Math.max(newest ?? 0, eventId);
  const keyOf = ({ milestone }: Judged) => milestoneKey(milestone, milestone.subject.kind, milestone.subject.id);
  const isKept = ({ matches, version, milestone }: Judged) =>
    matches.length > 0 ||
    ((nearMisses || milestone.subject.kind === "metric") && version.matcher.listens(milestone.type));
  const ids = new Map<Judged, number>();
  const told: Judged[] = [];
  for (const each of judged) {
    // a record with a long life has many milestones: writing all of them again for each change would grow with its history
    const row = stored.get(keyOf(each));
    if (row && isSame(row, each)) ids.set(each, row.id);
    else if (row || nearMisses || each.matches.length > 0 || each.milestone.subject.kind === "metric") told.push(each);
  }
  const rows = await tx.rows<{ id: number; n: number }>(
    `with told as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::bigint[], $8::jsonb[], $9::bigint[], $10::boolean[])
         with ordinality as t (connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id, matched, n)
     ), kept as (
       insert into milestones (connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id, matched)
       select connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id, matched from told
       on conflict (connection, subject_kind, subject_id, type, occurred_at, discriminator)
         do update set situation = excluded.situation, matched = excluded.matched, withdrawn = false,
           -- a metric is judged by the rules in force, each time that it changes
           rule_version = case when excluded.subject_kind = 'metric' then excluded.rule_version else milestones.rule_version end
       returning id, connection, subject_kind, subject_id, type, occurred_at, discriminator
     )
     select kept.id, told.n::int as n from kept join told using (connection, subject_kind, subject_id, type, occurred_at, discriminator)`,
    [
      told.map(({ milestone }) => milestone.connection),
      told.map(({ milestone }) => milestone.subject.kind),
      told.map(({ milestone }) => milestone.subject.id),
      told.map(({ milestone }) => milestone.type),
      told.map(({ milestone }) => milestone.at),
      told.map(({ milestone }) => milestone.discriminator),
      told.map(({ version }) => version.id),
      told.map((each) => (isKept(each) ? JSON.stringify(each.situation) : "{}")),
      told.map((each) => shownBy(each, fresh, newest)),
      told.map((each) => each.matches.length > 0),
    ],
  );
  const here = new Set(judged.map(keyOf));
  const gone = [...stored].flatMap(([key, row]) => (row.withdrawn || here.has(key) ? [] : [row.id]));
  if (gone.length > 0) await tx.run("update milestones set withdrawn = true where id = any ($1)", [gone]);
  for (const { id, n } of rows) {
    const each = told[n - 1];
    if (each) ids.set(each, id);
  }
  return ids;
};

/** Whether the row says already what was judged: the very situation that it keeps, or none where no rule listens. */
const isSame = ({ withdrawn, situation }: StoredMilestone, { kept, milestone, version }: Judged) => {
  if (withdrawn) return false;
  const empty = situation !== null && !("milestone" in situation);
  return kept || (empty && !version.matcher.listens(milestone.type));
};

/** The event whose arrival showed it: the one that told the value, else the last that told of this record, else the newest. */
const shownBy = ({ milestone }: Judged, fresh: ReadonlyMap<string, readonly ToldFact[]>, newest: number | null) => {
  const own = fresh.get(keyText({ connection: milestone.connection, ...milestone.subject })) ?? [];
  const exact = own.find((fact) => fact.field === milestone.field && fact.at === milestone.at);
  return (exact ?? own.at(-1))?.eventId ?? newest;
};
