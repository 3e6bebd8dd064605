/** The past, as events to be decided anew: what was recorded here, what was imported from a CRM's export, or both. */
import type { Fact, RecordKind } from "../events.ts";
import type { Rehearsal } from "./rehearse.ts";

export type HistorySource = "recorded" | "imported" | "all";

export interface PastEvent {
  connection: string;
  key: string;
  type: string;
  subject: { kind: RecordKind; id: string };
  /** ISO 8601, UTC. */
  occurredAt: string;
  /** When we heard of it; of imported history, when it happened. */
  receivedAt: string;
  /** What arrived together is decided together. */
  delivery: string;
  facts: Fact[];
}

/** Large: what happens to one record within a page is decided in few steps. Some ten megabytes. */
const PAGE = 10_000;
const utc = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const recorded = (schema: string) => `
  select e.connection, e.key, e.type, e.subject_kind, e.subject_id, e.occurred_at, e.received_at, 'recorded ' || e.inbox_id as delivery, e.id,
    json_agg(json_build_object('kind', f.kind, 'id', f.record_id, 'field', f.field, 'value', f.value, 'at', ${utc("f.at")})) as facts
  from ${schema}.facts f join ${schema}.events e on e.id = f.event_id where f.at < $1 group by e.id`;
const imported = (schema: string) => `
  select connection, key, type, subject_kind, subject_id, occurred_at, occurred_at as received_at, 'imported ' || id as delivery, id, facts::json
  from ${schema}.history where occurred_at < $1`;

/** How many events `pastEvents` will give, or a few more. */
export const countPast = async ({ tx, real }: Rehearsal, source: HistorySource, until: Date): Promise<number> => {
  const count = async (text: string) => (await tx.row<{ n: number }>(text, [until]))?.n ?? 0;
  const inFacts =
    source === "imported"
      ? 0
      : await count(`select count(distinct event_id)::int as n from ${real}.facts where at < $1`);
  const inHistory =
    source === "recorded" ? 0 : await count(`select count(*)::int as n from ${real}.history where occurred_at < $1`);
  return inFacts + inHistory;
};

/**
 * What happened before `until`, in the order in which it was told, in pages that never part a delivery. Read through a
 * cursor, so that no more than two pages are in memory.
 */
export async function* pastEvents(
  { tx, real }: Rehearsal,
  source: HistorySource,
  until: Date,
): AsyncGenerator<PastEvent[]> {
  const parts = [
    ...(source === "imported" ? [] : [recorded(real)]),
    ...(source === "recorded" ? [] : [imported(real)]),
  ];
  await tx.run(
    `declare past no scroll cursor for
     select connection, key, type, json_build_object('kind', subject_kind, 'id', subject_id) as subject, delivery, facts,
       ${utc("occurred_at")} as "occurredAt", ${utc("received_at")} as "receivedAt"
     from (${parts.join(" union all ")}) past order by received_at, id`,
    [until],
  );
  let page: PastEvent[] = [];
  const fetch = () => tx.rows<PastEvent>(`fetch ${PAGE} from past`);
  for (let next = fetch(); ; ) {
    const rows = await next;
    if (rows.length === 0) break;
    // read while this page is decided
    next = fetch();
    next.catch(() => {});
    const last = rows.at(-1)?.delivery;
    const open = rows.findIndex((row) => row.delivery === last);
    // a delivery that fills a whole page is parted after all: nothing else bounds it
    if (open === 0) page.push(...rows);
    else {
      yield [...page, ...rows.slice(0, open)];
      page = rows.slice(open);
    }
  }
  if (page.length > 0) yield page;
  await tx.run("close past");
}
