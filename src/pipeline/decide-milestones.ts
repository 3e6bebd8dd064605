/** Milestones as rows: new ones with the situation they were judged in, and those that turned out not to have been. */
import type { Sql } from "../db/sql.ts";
import { keyText, type ToldFact } from "../records/fact-rows.ts";
import type { Judged } from "./decide-due.ts";
import { milestoneKey, type StoredMilestone } from "./decide-judge.ts";

/** Writes what was judged; returns the row id of each judged milestone. */
export const writeMilestones = async (
  tx: Sql,
  judged: readonly Judged[],
  stored: ReadonlyMap<string, StoredMilestone>,
  fresh: ReadonlyMap<string, readonly ToldFact[]>,
): Promise<Map<Judged, number>> => {
  let newest: number | null = null;
  for (const told of fresh.values()) for (const { eventId } of told) newest = Math.max(newest ?? 0, eventId);
  const keyOf = ({ milestone }: Judged) => milestoneKey(milestone, milestone.subject.kind, milestone.subject.id);
  const rows = await tx.rows<{ id: number; n: number }>(
    `with told as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::bigint[], $8::jsonb[], $9::bigint[])
         with ordinality as t (connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id, n)
     ), kept as (
       insert into milestones (connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id)
       select connection, subject_kind, subject_id, type, occurred_at, discriminator, rule_version, situation, event_id from told
       on conflict (connection, subject_kind, subject_id, type, occurred_at, discriminator)
         do update set situation = excluded.situation, withdrawn = false
       returning id, connection, subject_kind, subject_id, type, occurred_at, discriminator
     )
     select kept.id, told.n::int as n from kept join told using (connection, subject_kind, subject_id, type, occurred_at, discriminator)`,
    [
      judged.map(({ milestone }) => milestone.connection),
      judged.map(({ milestone }) => milestone.subject.kind),
      judged.map(({ milestone }) => milestone.subject.id),
      judged.map(({ milestone }) => milestone.type),
      judged.map(({ milestone }) => milestone.at),
      judged.map(({ milestone }) => milestone.discriminator),
      judged.map(({ version }) => version.id),
      judged.map(({ situation, version, milestone }) =>
        JSON.stringify(version.matcher.listens(milestone.type) ? situation : {}),
      ),
      judged.map((each) => shownBy(each, fresh, newest)),
    ],
  );
  const here = new Set(judged.map(keyOf));
  const gone = [...stored].flatMap(([key, row]) => (row.withdrawn || here.has(key) ? [] : [row.id]));
  if (gone.length > 0) await tx.run("update milestones set withdrawn = true where id = any ($1)", [gone]);
  return new Map(rows.flatMap(({ id, n }) => (judged[n - 1] ? [[judged[n - 1] as Judged, id] as const] : [])));
};

/** The event whose arrival showed it: the one that told the value, else the last that told of this record, else the newest. */
const shownBy = ({ milestone }: Judged, fresh: ReadonlyMap<string, readonly ToldFact[]>, newest: number | null) => {
  const own = fresh.get(keyText({ connection: milestone.connection, ...milestone.subject })) ?? [];
  const exact = own.find((fact) => fact.field === milestone.field && fact.at === milestone.at);
  return (exact ?? own.at(-1))?.eventId ?? newest;
};
