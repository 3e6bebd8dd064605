import type { WrittenField } from "../../connectors/write-back.ts";
import type { Sql } from "../db/sql.ts";
import type { FactValue } from "../events.ts";
import { formatMoney } from "../money.ts";
import { localDay } from "../windows.ts";
import type { Corridor } from "./corridor.ts";

/** Fields of a CRM hold little text: HubSpot's and Salesforce's plain ones take at least this much. */
const LONGEST = 255;

/** What the fields of a record say now: of every reward for it that stands. */
export const valuesOf = async (
  { workspace }: Corridor,
  tx: Sql,
  record: { connection: string; subject_kind: string; subject_id: string },
): Promise<Record<WrittenField, FactValue>> => {
  const rows = await tx.rows<{ rule_id: string; value_minor: number; currency: string; reward_id: string }>(
    `select g.rule_id, g.value_minor, g.currency, g.reward_id from grants g join milestones m on m.id = g.milestone_id
     where m.connection = $1 and m.subject_kind = $2 and m.subject_id = $3 and g.state in ('issued', 'redeemed')
     order by g.granted_at, g.id`,
    [record.connection, record.subject_kind, record.subject_id],
  );
  const last = await tx.row<{ at: Date | null }>(
    `select max(v.at) as at from grant_moves v join grants g on g.id = v.grant_id join milestones m on m.id = g.milestone_id
     where m.connection = $1 and m.subject_kind = $2 and m.subject_id = $3 and v.to_state in ('issued', 'cancelled', 'clawed_back')`,
    [record.connection, record.subject_kind, record.subject_id],
  );
  const text = (parts: readonly string[]) => {
    const whole = parts.join("; ");
    return whole.length > LONGEST ? `${whole.slice(0, LONGEST - 1)}…` : whole;
  };
  return {
    rewards: text(
      rows.map(
        ({ value_minor, currency, reward_id }) => `${formatMoney({ minor: value_minor, currency })} ${reward_id}`,
      ),
    ),
    count: rows.length,
    rules: text([...new Set(rows.map(({ rule_id }) => rule_id))]),
    date: last?.at ? localDay(last.at, workspace.timeZone) : null,
  };
};
