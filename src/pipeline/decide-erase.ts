/** A customer who erases themselves in the CRM is erased here; the money rows stay without the person. */
import type { Sql } from "../db/sql.ts";
import { eraseRecipients } from "../people/recipients.ts";
import { forget } from "../records/fact-rows.ts";
import type { RecordHistory } from "../records/timeline.ts";
import { forgetTasks } from "../rewards/index.ts";
import { forgetDisputes } from "./disputes.ts";

/** Forgets those of these records whose person asked for it. */
export const forgetErased = async (tx: Sql, changed: readonly RecordHistory[], at: Date): Promise<void> => {
  const erased = changed.filter((history) => history.fields.get("erased")?.some((step) => step.value === true));
  if (erased.length === 0) return;
  await forget(tx, erased);
  await eraseRecipients(
    tx,
    erased.flatMap(({ connection, kind, id }) =>
      kind === "contact" || kind === "lead" || kind === "user" ? [{ connection, kind, crmId: id }] : [],
    ),
    at,
  );
  await forgetDisputes(tx);
  await forgetTasks(tx);
};
