/** Words that people and vendors wrote, without the name and the addresses of somebody who asked to be forgotten. */
import { inflateRawSync } from "node:zlib";
import type { Sql, SqlValue } from "../db/sql.ts";
import type { Traces } from "../people/recipients.ts";

interface Place {
  table: string;
  column: string;
  json?: true;
  /** Rows that are about them; $1 are their ids. */
  theirs?: string;
}

const grants = "in (select id from grants where recipient_id = any ($1))";
const outgoing = "in (select id from outgoing where recipient_id = any ($1))";

/** What is about them: every part of their name is struck out. */
const aboutThem: readonly Place[] = [
  { table: "attempts", column: "detail", theirs: `grant_id ${grants}` },
  { table: "messages", column: "reason", theirs: `grant_id ${grants}` },
  {
    table: "receipts",
    column: "detail",
    theirs: `message_id in (select id from messages where grant_id ${grants})`,
  },
  {
    table: "approvals",
    column: "reason",
    theirs: `(grant_id ${grants} or dispute_id in (select id from disputes where recipient_id = any ($1)))`,
  },
  { table: "messages", column: "reason_wording", json: true, theirs: `grant_id ${grants}` },
  { table: "grants", column: "waiting", theirs: "recipient_id = any ($1)" },
  { table: "grants", column: "waiting_wording", json: true, theirs: "recipient_id = any ($1)" },
  { table: "grants", column: "undone_why", theirs: "recipient_id = any ($1)" },
  { table: "grant_moves", column: "why", theirs: `grant_id ${grants}` },
  { table: "grant_moves", column: "why_values", json: true, theirs: `grant_id ${grants}` },
  { table: "orders", column: "chosen", theirs: `grant_id ${grants}` },
  { table: "orders_past", column: "chosen", theirs: `grant_id ${grants}` },
  { table: "orders_past", column: "refused_detail", theirs: `grant_id ${grants}` },
  { table: "reward_tasks", column: "reason", theirs: "recipient_id = any ($1)" },
  { table: "sender_pairs", column: "why", theirs: "recipient_id = any ($1)" },
  { table: "consents", column: "evidence", theirs: "recipient_id = any ($1)" },
  { table: "outgoing", column: "reason", theirs: "recipient_id = any ($1)" },
  { table: "outgoing_attempts", column: "detail", theirs: `outgoing_id ${outgoing}` },
  { table: "write_backs", column: "reason", theirs: `grant_id ${grants}` },
];

/** What somebody wrote about others, or about nobody: only what is certainly them, a whole name or an address. */
const anywhere: readonly Place[] = [
  { table: "grant_moves", column: "why" },
  { table: "grant_moves", column: "why_values", json: true },
  { table: "approvals", column: "reason" },
  { table: "disputes", column: "text" },
  { table: "disputes", column: "about" },
  { table: "disputes", column: "explanation", json: true },
  { table: "reward_tasks", column: "reason" },
  { table: "reward_tasks", column: "note" },
  { table: "costs", column: "note" },
  { table: "inbox", column: "reason" },
  { table: "events", column: "reason" },
];

/** Parked deliveries, which nobody could read, are looked at in batches. */
const AT_ONCE = 200;

const SHORTEST_NAME = 3;

export const forgetWords = async (tx: Sql, ids: readonly string[], { names, addresses }: Traces): Promise<void> => {
  const parts = names.flatMap((name) => name.split(/\s+/)).filter((part) => part.length >= SHORTEST_NAME);
  const whole = [...addresses, ...names.filter((name) => name.includes(" "))];
  if (whole.length + parts.length > 0)
    for (const place of aboutThem) await strike(tx, place, patternOf([...whole, ...parts]), [ids]);
  if (whole.length === 0) return;
  const certain = patternOf(whole);
  for (const place of anywhere) await strike(tx, place, certain, []);
  await emptyParked(tx, whole);
  // a sandbox keeps what others were told, who may have been told of them
  await tx.run("delete from outbox where text ~* $1 or subject ~* $1 or address ~* $1", [certain]);
};

/** A parked delivery may be corrected and read again; one that names them keeps its reason, and no words. */
const emptyParked = async (tx: Sql, whole: readonly string[]) => {
  const words = whole.map((word) => word.toLowerCase());
  for (let after = 0; ; ) {
    const rows = await tx.rows<{ id: number; body: Buffer }>(
      "select id, body from inbox where state = 'parked' and body <> '' and id > $1 order by id limit $2",
      [after, AT_ONCE],
    );
    const named = rows.filter(({ body }) => {
      const text = inflated(body).toLowerCase();
      return words.some((word) => text.includes(word));
    });
    await tx.run(
      `update inbox set body = '', state = 'done', reason = concat_ws('; ', reason, 'emptied: it named somebody who asked to be forgotten')
       where id = any ($1)`,
      [named.map(({ id }) => id)],
    );
    const last = rows.at(-1);
    if (!last || rows.length < AT_ONCE) return;
    after = last.id;
  }
};

const inflated = (body: Buffer): string => {
  try {
    return inflateRawSync(body).toString();
  } catch {
    return body.toString();
  }
};

/** The longest first: of a name and a part of it, the name is struck out as a whole. */
const patternOf = (words: readonly string[]) =>
  [...new Set(words)]
    .sort((a, b) => b.length - a.length)
    .map((word) => `(?<![[:alnum:]])${word.replaceAll(/[^\p{L}\p{N}\s]/gu, "\\$&")}(?![[:alnum:]])`)
    .join("|");

const strike = (tx: Sql, { table, column, json, theirs }: Place, pattern: string, values: readonly SqlValue[]) => {
  const [text, type] = json ? [`${column}::text`, "::jsonb"] : [column, ""];
  const asked = `$${values.length + 1}`;
  return tx.run(
    `update ${table} set ${column} = regexp_replace(${text}, ${asked}, '…', 'gi')${type}
     where ${theirs ? `${theirs} and ` : ""}${text} ~* ${asked}`,
    [...values, pattern],
  );
};
