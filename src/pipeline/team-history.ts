/** Teams: the ones that people.yaml gives CRM users, kept with the time at which they were read, and who is in a team. */
import type { Sql } from "../db/sql.ts";
import { keyText, loadHistories } from "../records/fact-rows.ts";
import { historyOf, type RecordHistory } from "../records/timeline.ts";
import type { PersonView } from "../situation.ts";
import { countMetrics } from "./count-metrics.ts";
import type { MetricSettings } from "./metrics-context.ts";

interface TeamOfUser {
  connection: string;
  user_id: string;
}

/**
 * Keeps the teams that people.yaml, or an import, gives these users, or all, where they differ from what is kept. A user is joined to an
 * entry by the id that it lists, or by email address. Returns the users whose team is another one now.
 */
export const noteTeams = async (
  tx: Sql,
  at: Date,
  users: readonly { connection: string; id: string }[] | "all",
): Promise<TeamOfUser[]> => {
  if (users !== "all" && users.length === 0) return [];
  const some = users === "all" ? [] : users;
  return tx.rows<TeamOfUser>(
    `with told as (
       select i.connection, i.crm_id as user_id, r.team, r.id from recipient_ids i join recipients r on r.id = i.recipient_id
       where i.kind = 'user' and r.source in ('people.yaml', 'import') and r.team is not null and r.erased_at is null
       union all
       select u.connection, u.id, r.team, r.id from records u
       join recipients r on lower(r.email) = lower(u.fields ->> 'email')
       where u.kind = 'user' and r.source in ('people.yaml', 'import') and r.team is not null and r.erased_at is null
     ), now as (
       select distinct on (connection, user_id) connection, user_id, team from told
       where $1 or (connection, user_id) in (select * from unnest($2::text[], $3::text[]))
       order by connection, user_id, id
     )
     insert into team_history (connection, user_id, team, since)
     select connection, user_id, team, $4 from now
     where team is distinct from (
       select h.team from team_history h where h.connection = now.connection and h.user_id = now.user_id order by since desc limit 1)
     on conflict (connection, user_id, since) do update set team = excluded.team
     returning connection, user_id`,
    [users === "all", some.map(({ connection }) => connection), some.map(({ id }) => id), at],
  );
};

/** After people.yaml was read: keeps its teams, and counts anew what rests on those that changed. */
export const applyTeams = async (tx: Sql, settings: MetricSettings, at: Date): Promise<void> => {
  const changed = await noteTeams(tx, at, "all");
  if (changed.length === 0) return;
  const keys = changed.map(({ connection, user_id }) => ({ connection, kind: "user" as const, id: user_id }));
  const known = await loadHistories(tx, keys);
  const histories = keys.map(
    (key): RecordHistory => known.get(keyText(key)) ?? historyOf(key.connection, key.kind, key.id, []),
  );
  await countMetrics(tx, settings, histories);
};

/** Everybody in these teams, as people.yaml and the CRM know them now; an id with a slash is a whole recipient key. */
export const teamMembers = async (tx: Sql, teams: readonly string[]): Promise<Map<string, PersonView[]>> => {
  if (teams.length === 0) return new Map();
  const rows = await tx.rows<PersonView & { team: string }>(
    `select coalesce(min(i.connection || '/' || i.kind || '/' || i.crm_id), 'people/' || r.id) as id,
       r.name, r.first_name, r.email, r.language, r.team
     from recipients r left join recipient_ids i on i.recipient_id = r.id
     where r.team = any ($1) and r.kind = 'rep' and r.erased_at is null and r.source <> 'joined' group by r.id
     union all
     select u.connection || '/user/' || u.id, u.fields ->> 'name', u.fields ->> 'first_name', u.fields ->> 'email',
       u.fields ->> 'language', u.fields ->> 'team'
     from records u
     where u.kind = 'user' and u.fields ->> 'team' = any ($1) and coalesce(u.fields ->> 'active', 'true') <> 'false' and not u.erased
       and not exists (select from recipient_ids i where i.connection = u.connection and i.kind = 'user' and i.crm_id = u.id)
     order by 6, 1`,
    [teams],
  );
  return Map.groupBy(rows, ({ team }) => team);
};
