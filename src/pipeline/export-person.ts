/** Everything that we hold of somebody, for them to read: what they may ask for, and what their page lets them download. */
import type { Sql } from "../db/sql.ts";
import { balance } from "../ledger/ledger.ts";
import { formatMoney } from "../money.ts";
import { consentsOf } from "./consents-of.ts";
import type { Corridor } from "./corridor.ts";
import { titleIn, titlesOf } from "./grant-view.ts";

/** Instants are ISO 8601 in UTC. Contents of rewards are not in it: they open on the page of the reward. */
export interface PersonExport {
  exportedAt: string;
  workspace: string;
  person: Record<string, unknown>;
  /** Who said what of them: themselves, people.yaml, an import, a CRM record. */
  told: { source: string; field: string; value: string }[];
  ids: { connection: string; kind: string; id: string }[];
  consents: Record<string, unknown>[];
  devices: { endpoint: string; since: Date }[];
  points: string;
  rewards: Record<string, unknown>[];
  disputes: Record<string, unknown>[];
  records: { connection: string; kind: string; id: string; fields: unknown }[];
}

type Held = Record<string, unknown> & {
  id: string;
  language: string | null;
  email: string | null;
  phone: string | null;
};

/** Undefined where there is no such recipient. An erased one has little left to export. */
export const exportPerson = async (corridor: Corridor, id: string): Promise<PersonExport | undefined> => {
  const { database: sql, workspace, now } = corridor;
  const person = await sql.row<Held>(
    `select r.id, r.kind, r.name, r.first_name, r.email, r.phone, r.language, r.time_zone, r.team, m.name as manager,
       r.preferred_channel, r.quiet_hours, r.private, r.erased_at
     from recipients r left join recipients m on m.id = r.manager where r.id = $1`,
    [id],
  );
  if (!person) return undefined;
  const points = (await balance(sql, `points:${id}`)).find(({ currency }) => currency === "PTS")?.minor ?? 0;
  const language = person.language ?? workspace.language;
  return {
    exportedAt: now().toISOString(),
    workspace: workspace.name,
    person,
    told: await sql.rows("select source, field, value from person_words where recipient_id = $1 order by 2, 1", [id]),
    ids: await sql.rows(
      "select connection, kind, crm_id as id from recipient_ids where recipient_id = $1 order by 1, 2, 3",
      [id],
    ),
    consents: (await consentsOf(sql, corridor.sealer, person)).reverse(),
    devices: await sql.rows(
      "select endpoint, created_at as since from push_subscriptions where recipient_id = $1 order by created_at",
      [id],
    ),
    points: formatMoney({ minor: points, currency: "PTS" }, language),
    rewards: await rewardsOf(corridor, sql, id, language),
    disputes: await sql.rows(
      `select d.raised_at, d.about, d.text, a.state, a.reason as answer from disputes d join approvals a on a.dispute_id = d.id
       where d.recipient_id = $1 order by d.raised_at`,
      [id],
    ),
    records: await sql.rows(
      `select r.connection, r.kind, r.id, r.fields from records r join recipient_ids i
         on i.connection = r.connection and i.kind = r.kind and i.crm_id = r.id
       where i.recipient_id = $1 order by 1, 2, 3`,
      [id],
    ),
  };
};

interface RewardRow {
  id: string;
  rule_id: string;
  rule_version: number;
  reward_id: string;
  state: string;
  minor: number;
  currency: string;
  granted_at: Date;
  claimed_at: Date | null;
  moves: unknown;
  messages: unknown;
}

const rewardsOf = async (corridor: Corridor, sql: Sql, id: string, language: string) => {
  const rows = await sql.rows<RewardRow>(
    `select g.id, g.rule_id, g.rule_version, g.reward_id, g.state, g.value_minor as minor, g.currency, g.granted_at, g.claimed_at,
       (select coalesce(jsonb_agg(jsonb_build_object('at', m.at, 'to', m.to_state, 'why', m.why) order by m.id), '[]')
        from grant_moves m where m.grant_id = g.id) as moves,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'channel', n.channel, 'state', n.state, 'reason', n.reason,
          'created_at', n.created_at, 'sent_at', n.sent_at) order by n.created_at, n.id), '[]')
        from messages n where n.grant_id = g.id) as messages
     from grants g where g.recipient_id = $1 order by g.granted_at, g.id`,
    [id],
  );
  return Promise.all(
    rows.map(async ({ minor, currency, rule_version, rule_id, reward_id, ...row }) => {
      const titles = await titlesOf(corridor, sql, { rule_id, rule_version, reward_id });
      return {
        ...row,
        reward: titleIn(corridor, titles.reward ?? titles.rule, language),
        rule: titleIn(corridor, titles.rule, language),
        value: formatMoney({ minor, currency }, language),
      };
    }),
  );
};
