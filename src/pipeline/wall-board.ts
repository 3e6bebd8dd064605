/** Who is ahead this month, where the workspace asked for it. Nobody in private mode is named, alone or as a team of one. */
import type { Sql } from "../db/sql.ts";
import { POINTS } from "../money.ts";
import { periodAt, startOfDay } from "../windows.ts";
import type { Workspace } from "./corridor.ts";

export interface WallSettings {
  leaderboard: "off" | "team" | "people";
  by: "points" | "deals";
}

export interface BoardRow {
  /** From 1; those with the same score share a rank. */
  rank: number;
  name: string;
  score: number;
}

export interface Board extends WallSettings {
  rows: BoardRow[];
}

const ROWS = 8;

/** Points of rewards that were issued since and still stand; what somebody spent of them does not count against them. */
const points = `
  select g.recipient_id, sum(g.value_minor)::bigint as score from grants g join orders o on o.grant_id = g.id
  where g.currency = '${POINTS}' and g.state in ('issued', 'redeemed') and g.undone_at is null
    and o.settled_at >= $1::timestamptz and $2::text is not null
  group by g.recipient_id`;
/** Deals that stand as won, as the metric counts them for their owner. */
const deals = `
  select i.recipient_id, sum(c.n)::bigint as score from metric_cells c
  join recipient_ids i on i.connection = c.connection and i.kind = 'user' and i.crm_id = c.id
  where c.of = 'owner' and c.series = 'won' and c.grain = 'month' and c.day = $2::date and $1::timestamptz is not null
  group by i.recipient_id`;

// the column comes with the preferences of recipients
const isPrivate = "coalesce((to_jsonb(r) ->> 'private')::boolean, false)";

/** Null where nobody is ranked. `team`: only its people; a ranking of teams is the same everywhere. */
export const leaderboard = async (
  sql: Sql,
  { timeZone }: Pick<Workspace, "timeZone">,
  settings: WallSettings,
  { team, now }: { team: string | null; now: Date },
): Promise<Board | null> => {
  const { leaderboard: who, by } = settings;
  if (who === "off") return null;
  const { from } = periodAt(now, "month", timeZone);
  const scores = by === "points" ? points : deals;
  const people = `select r.name, r.team, s.score, ${isPrivate} as private from (${scores}) s
    join recipients r on r.id = s.recipient_id where r.kind = 'rep' and r.erased_at is null and s.score > 0`;
  const ranked =
    who === "people"
      ? `select name, score from (${people}) p where not private and name is not null and ($3::text is null or team = $3)`
      : `select team as name, sum(score)::bigint as score from (${people}) p where team is not null and $3::text is distinct from ''
         group by team having bool_or(not private)`;
  const rows = await sql.rows<BoardRow>(
    `select rank() over (order by score desc)::int as rank, name, score from (${ranked}) t order by rank, name limit ${ROWS}`,
    [startOfDay(from, timeZone), from, team],
  );
  return { ...settings, rows };
};
