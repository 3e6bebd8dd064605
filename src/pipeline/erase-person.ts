/**
 * Somebody asked to be forgotten: in the CRM, on their page, or through an admin. All of it ends here. Money rows stay without
 * the person; what comes later of them is not kept, and their addresses are not written to any more. docs/people.md lists what
 * becomes of each table.
 */
import type { Sql } from "../db/sql.ts";
import { recordConsent } from "../people/consent.ts";
import { eraseRecipients, type Traces, tracesOf } from "../people/recipients.ts";
import { forget, type RecordKey } from "../records/fact-rows.ts";
import { forgetTasks } from "../rewards/index.ts";
import type { Corridor } from "./corridor.ts";
import { forgetDisputes } from "./disputes.ts";
import { forgetOrders } from "./forget-orders.ts";
import { forgetInSituations } from "./without-person.ts";

export interface ToErase {
  recipientIds: readonly string[];
  /** Records of theirs that are no recipient's, too: a contact who was never rewarded. */
  records: readonly RecordKey[];
}

/** Forgets them. The caller holds the deciding lock. Calling it again changes nothing. */
export const erasePeople = async (
  corridor: Pick<Corridor, "sealer">,
  tx: Sql,
  { recipientIds: ids, records }: ToErase,
  at: Date,
): Promise<void> => {
  const keys = [
    ...new Map([...records, ...(await recordsOf(tx, ids))].map((key) => [JSON.stringify(key), key])).values(),
  ];
  const known = await tracesOf(tx, ids);
  const told = await tracesInRecords(tx, keys);
  const traces: Traces = {
    names: [...new Set([...known.names, ...told.names])],
    addresses: [...new Set([...known.addresses, ...told.addresses])],
  };
  for (const address of traces.addresses)
    await recordConsent(tx, corridor.sealer, {
      who: { address },
      channel: "all",
      category: "all",
      status: "out",
      source: "erased",
      evidence: null,
      at,
    });
  await forgetInSituations(tx, keys, ids);
  await forget(tx, keys);
  await forgetWords(tx, ids, traces);
  await forgetOrders(tx, ids);
  await tx.run(
    "delete from outbox o using messages m, grants g where m.id = o.message_id and g.id = m.grant_id and g.recipient_id = any ($1)",
    [ids],
  );
  await tx.run(
    "update events set actor = null where actor is not null and lower(actor) in (select lower(a) from unnest($1::text[]) a)",
    [traces.addresses],
  );
  await eraseRecipients(tx, ids, at);
  await forgetDisputes(tx);
  await forgetTasks(tx);
};

const recordsOf = (tx: Sql, ids: readonly string[]): Promise<RecordKey[]> =>
  tx.rows<RecordKey>("select connection, kind, crm_id as id from recipient_ids where recipient_id = any ($1)", [ids]);

/** Every name and address that these records ever had. */
const tracesInRecords = async (tx: Sql, keys: readonly RecordKey[]): Promise<Traces> => {
  const rows = await tx.rows<{ field: string; value: string }>(
    `select distinct f.field, f.value #>> '{}' as value from facts f
     join unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
       on f.connection = t.connection and f.kind = t.kind and f.record_id = t.id
     where f.field in ('name', 'first_name', 'last_name', 'email', 'phone') and f.value #>> '{}' <> ''`,
    [keys.map((key) => key.connection), keys.map((key) => key.kind), keys.map((key) => key.id)],
  );
  const of = (...fields: string[]) => rows.filter(({ field }) => fields.includes(field)).map(({ value }) => value);
  return { names: of("name", "first_name", "last_name"), addresses: of("email", "phone") };
};

const SHORTEST_NAME = 3;

/** Words that people and vendors wrote about their rewards: without their name and addresses. Disputes of others, too. */
const forgetWords = async (tx: Sql, ids: readonly string[], { names, addresses }: Traces): Promise<void> => {
  const parts = names.flatMap((name) => name.split(/\s+/)).filter((part) => part.length >= SHORTEST_NAME);
  const whole = [...addresses, ...names.filter((name) => name.includes(" "))];
  if (whole.length + parts.length === 0) return;
  const pattern = (words: readonly string[]) =>
    [...new Set(words)]
      .sort((a, b) => b.length - a.length)
      .map((word) => `(?<![[:alnum:]])${word.replaceAll(/[^\p{L}\p{N}\s]/gu, "\\$&")}(?![[:alnum:]])`)
      .join("|");
  const [everything, certain] = [pattern([...whole, ...parts]), pattern(whole)];
  const struck = (column: string) => `${column} = regexp_replace(${column}, $2, '…', 'gi')`;
  const theirs = "in (select id from grants where recipient_id = any ($1))";
  for (const [table, column, condition] of [
    ["attempts", "detail", `grant_id ${theirs}`],
    ["messages", "reason", `grant_id ${theirs}`],
    [
      "approvals",
      "reason",
      `(grant_id ${theirs} or dispute_id in (select id from disputes where recipient_id = any ($1)))`,
    ],
    ["grant_moves", "why", `grant_id ${theirs}`],
    ["grants", "waiting", "recipient_id = any ($1)"],
    ["grants", "undone_why", "recipient_id = any ($1)"],
  ])
    await tx.run(`update ${table} set ${struck(column ?? "")} where ${condition} and ${column} ~* $2`, [
      ids,
      everything,
    ]);
  for (const [table, column, condition] of [
    ["grant_moves", "why_values", `grant_id ${theirs}`],
    ["grants", "waiting_wording", "recipient_id = any ($1)"],
    ["messages", "reason_wording", `grant_id ${theirs}`],
  ])
    await tx.run(
      `update ${table} set ${column} = regexp_replace(${column}::text, $2, '…', 'gi')::jsonb
       where ${condition} and ${column}::text ~* $2`,
      [ids, everything],
    );
  if (whole.length > 0)
    await tx.run(
      `update disputes set text = regexp_replace(text, $1, '…', 'gi'), about = regexp_replace(about, $1, '…', 'gi'),
         explanation = regexp_replace(explanation::text, $1, '…', 'gi')::jsonb
       where text ~* $1 or about ~* $1 or explanation::text ~* $1`,
      [certain],
    );
};
