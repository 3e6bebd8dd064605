/** Who bought what: the table of purchases, and customers as metrics count them. */
import type { Sql } from "../db/sql.ts";
import type { RecordKind } from "../events.ts";
import { type Customer, type Purchase, winOf } from "../metrics/index.ts";
import { keyText, loadHistories, mergedWith, type RecordKey } from "../records/fact-rows.ts";
import { firstContact } from "../records/situation-of.ts";
import { type RecordHistory, valueAt } from "../records/timeline.ts";
import type { LoadedContext } from "./metrics-context.ts";

export interface PurchaseRow extends Purchase {
  connection: string;
  customerKind: Customer["kind"];
  customerId: string;
}

/** What a deal says of who bought; null where it does not stand as won, or nobody is known. */
const purchaseOf = (deal: RecordHistory, context: LoadedContext): PurchaseRow | null => {
  const win = winOf(deal, context);
  if (!win) return null;
  const company = valueAt(deal, "company", win.at);
  const [kind, id]: [Customer["kind"], string | null] =
    typeof company === "string" && company !== "" ? ["company", company] : ["contact", firstContact(deal, win.at)];
  if (id === null) return null;
  const { connection } = deal;
  return {
    ...win,
    dealId: deal.id,
    connection,
    customerKind: kind,
    customerId: context.survivor(connection, kind, id),
  };
};

const select = `connection, deal_id as "dealId", customer_kind as "customerKind", customer_id as "customerId",
  to_char(won_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, amount_minor as "amountMinor", what, subjects`;

const canonical = (row: PurchaseRow) =>
  JSON.stringify([row.customerKind, row.customerId, row.at, row.amountMinor, row.what, row.subjects]);

export const customerKey = ({ connection, customerKind, customerId }: PurchaseRow): RecordKey => ({
  connection,
  kind: customerKind,
  id: customerId,
});

/** Brings the purchases of these deals in line. Returns the customers for whom that changed something. */
export const savePurchases = async (
  tx: Sql,
  deals: readonly RecordHistory[],
  context: LoadedContext,
): Promise<RecordKey[]> => {
  if (deals.length === 0) return [];
  const stored = await tx.rows<PurchaseRow>(
    `select ${select} from purchases join unnest($1::text[], $2::text[]) as t (connection, deal_id) using (connection, deal_id)`,
    [deals.map(({ connection }) => connection), deals.map(({ id }) => id)],
  );
  const before = new Map(stored.map((row) => [`${row.connection}/${row.dealId}`, row]));
  const touched: RecordKey[] = [];
  const [gone, written]: [PurchaseRow[], PurchaseRow[]] = [[], []];
  for (const deal of deals) {
    const [was, is] = [before.get(`${deal.connection}/${deal.id}`), purchaseOf(deal, context)];
    if (was && is && canonical(was) === canonical(is)) continue;
    if (was) touched.push(customerKey(was));
    if (is) touched.push(customerKey(is));
    if (is) written.push(is);
    else if (was) gone.push(was);
  }
  if (gone.length > 0)
    await tx.run(
      `delete from purchases p using unnest($1::text[], $2::text[]) as t (connection, deal_id)
       where p.connection = t.connection and p.deal_id = t.deal_id`,
      [gone.map(({ connection }) => connection), gone.map(({ dealId }) => dealId)],
    );
  if (written.length > 0) await insertPurchases(tx, written);
  return touched;
};

const insertPurchases = (tx: Sql, rows: readonly PurchaseRow[]) =>
  tx.run(
    `insert into purchases (connection, deal_id, customer_kind, customer_id, won_at, amount_minor, what, subjects)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::text[], $8::jsonb[])
     on conflict (connection, deal_id) do update set customer_kind = excluded.customer_kind, customer_id = excluded.customer_id,
       won_at = excluded.won_at, amount_minor = excluded.amount_minor, what = excluded.what, subjects = excluded.subjects`,
    [
      rows.map((row) => row.connection),
      rows.map((row) => row.dealId),
      rows.map((row) => row.customerKind),
      rows.map((row) => row.customerId),
      rows.map((row) => row.at),
      rows.map((row) => row.amountMinor),
      rows.map((row) => row.what),
      rows.map((row) => JSON.stringify(row.subjects)),
    ],
  );

export const purchasesBy = async (tx: Sql, customers: readonly RecordKey[]): Promise<PurchaseRow[]> =>
  customers.length === 0
    ? []
    : tx.rows<PurchaseRow>(
        `select ${select} from purchases p
         join (select distinct * from unnest($1::text[], $2::text[], $3::text[]) as u (connection, customer_kind, customer_id)) t
           using (connection, customer_kind, customer_id)
         order by won_at, deal_id`,
        [customers.map((key) => key.connection), customers.map((key) => key.kind), customers.map((key) => key.id)],
      );

/** These companies and contacts as customers: with those merged into them, and what they bought. A record that lives on as another is none. */
export const customersOf = async (tx: Sql, context: LoadedContext, keys: readonly RecordKey[]): Promise<Customer[]> => {
  if (keys.length === 0) return [];
  const members = await loadHistories(tx, await mergedWith(tx, keys));
  const purchases = await purchasesBy(tx, keys);
  await context.learn(members.values(), purchases);
  const home = (kind: RecordKind, connection: string, id: string) =>
    keyText({ connection, kind, id: context.survivor(connection, kind, id) });
  const membersOf = Map.groupBy(members.values(), ({ kind, connection, id }) => home(kind, connection, id));
  const purchasesOf = Map.groupBy(purchases, (row) => keyText(customerKey(row)));
  return keys.flatMap(({ connection, kind, id }) => {
    if (kind !== "company" && kind !== "contact") return [];
    const key = keyText({ connection, kind, id });
    const own = home(kind, connection, id) === key;
    return [
      {
        connection,
        kind,
        id,
        members: own ? (membersOf.get(key) ?? []) : [],
        purchases: own ? (purchasesOf.get(key) ?? []) : [],
      },
    ];
  });
};
