/** A customer who erases themselves in the CRM is erased here; the money rows stay without the person. */
import type { Sql } from "../db/sql.ts";
import type { RecordHistory } from "../records/timeline.ts";
import type { Corridor } from "./corridor.ts";
import { erasePeople } from "./erase-person.ts";

/** Forgets those of these records whose person asked for it, and everything else that is known of the same person. */
export const forgetErased = async (
  corridor: Pick<Corridor, "sealer">,
  tx: Sql,
  changed: readonly RecordHistory[],
  at: Date,
): Promise<void> => {
  const records = changed
    .filter((history) => history.fields.get("erased")?.some((step) => step.value === true))
    .map(({ connection, kind, id }) => ({ connection, kind, id }));
  if (records.length === 0) return;
  const recipients = await tx.rows<{ id: string }>(
    `select distinct i.recipient_id as id from recipient_ids i
     join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       on i.connection = t.connection and i.kind = t.kind and i.crm_id = t.id`,
    [records.map((key) => key.connection), records.map((key) => key.kind), records.map((key) => key.id)],
  );
  await erasePeople(corridor, tx, { recipientIds: recipients.map(({ id }) => id), records }, at);
};
