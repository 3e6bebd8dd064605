/**
 * The one rule by which what several sources say of somebody becomes one person; docs/people.md tells it to admins. Each
 * source keeps its own words. For each field the word of the first in this order counts: the person (`own`), `people.yaml`,
 * an import, a CRM; of several CRM records the one that said something new last.
 */
import type { Sql } from "../db/sql.ts";

export const wordFields = ["name", "first_name", "email", "phone", "language", "time_zone", "team"] as const;
export type WordField = (typeof wordFields)[number];

export interface Word {
  recipientId: string;
  /** `own`, `people.yaml`, `import`, or `connection/kind/crm id`. */
  source: string;
  field: WordField;
  /** Null: it says nothing, which takes nothing back. */
  value: string | null;
}

const RANK = "case w.source when 'own' then 0 when 'people.yaml' then 1 when 'import' then 2 else 3 end";

/** Takes over what was said. Returns whose words are other than before; they are merged by then. */
export const tellWords = async (tx: Sql, words: readonly Word[]): Promise<string[]> => {
  const said = words.filter(({ value }) => value !== null && value !== "");
  if (said.length === 0) return [];
  const rows = await tx.rows<{ id: string }>(
    `insert into person_words as w (recipient_id, source, field, value, turn)
     select distinct on (t.recipient_id, t.source, t.field) t.recipient_id, t.source, t.field, t.value,
       (select coalesce(max(turn), 0) + 1 from person_words o where o.recipient_id = t.recipient_id)
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (recipient_id, source, field, value)
     join recipients r on r.id = t.recipient_id and r.erased_at is null and r.source <> 'joined'
     on conflict (recipient_id, source, field) do update set value = excluded.value, turn = excluded.turn
     where w.value <> excluded.value
     returning recipient_id as id`,
    [
      said.map(({ recipientId }) => recipientId),
      said.map(({ source }) => source),
      said.map(({ field }) => field),
      said.map(({ value }) => value),
    ],
  );
  const ids = [...new Set(rows.map(({ id }) => id))];
  await mergeWords(tx, ids);
  return ids;
};

/** A source that says all it has to say: what it said before and leaves out now is taken back. */
export const tellWhole = async (tx: Sql, source: string, words: readonly Omit<Word, "source">[]): Promise<void> => {
  const ids = [...new Set(words.map(({ recipientId }) => recipientId))];
  const said = words.filter(({ value }) => value !== null && value !== "");
  await tx.run(
    `delete from person_words w where w.recipient_id = any ($1) and w.source = $2 and not exists (
       select from unnest($3::uuid[], $4::text[]) as t (recipient_id, field)
       where t.recipient_id = w.recipient_id and t.field = w.field)`,
    [ids, source, said.map(({ recipientId }) => recipientId), said.map(({ field }) => field)],
  );
  await tellWords(
    tx,
    words.map((word) => ({ ...word, source })),
  );
  await mergeWords(tx, ids);
};

/** Works out the columns of these recipients from everybody's words. */
export const mergeWords = async (tx: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  const columns = wordFields.map((field) => `max(b.value) filter (where b.field = '${field}') as ${field}`).join(", ");
  const all = (of: string) => wordFields.map((field) => `${of}.${field}`).join(", ");
  await tx.run(
    `update recipients r set ${wordFields.map((field) => `${field} = m.${field}`).join(", ")}
     from (
       select t.id, ${columns} from unnest($1::uuid[]) as t (id)
       left join (
         select distinct on (w.recipient_id, w.field) w.recipient_id, w.field, w.value from person_words w
         where w.recipient_id = any ($1) order by w.recipient_id, w.field, ${RANK}, w.turn desc, w.source
       ) b on b.recipient_id = t.id
       group by t.id
     ) m
     where r.id = m.id and r.erased_at is null and r.source <> 'joined' and (${all("r")}) is distinct from (${all("m")})`,
    [ids],
  );
};
