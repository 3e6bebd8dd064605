/**
 * What a provider sends to `/receipts/{provider}`. It is verified by the provider's own code, and then only makes somebody
 * ask: rows are marked, and their doorbell is rung. So the same receipt twice, late or out of order is harmless, and one
 * that was lost only means that the sweeper or the watch asks later. The vendor is not asked here: it waits for our answer.
 */
import type { Sql } from "../db/sql.ts";
import type { ProviderReceipt, ReceiptRequest, Received } from "../receipt.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { askSoon, wake } from "./watch-providers.ts";

/** Answers when the marks are committed. An unknown provider, or one that hears nothing, is refused with 404. */
export const receiveFromProvider = async (
  corridor: Corridor,
  providerId: string,
  request: ReceiptRequest,
): Promise<Received<ProviderReceipt>> => {
  const open = corridor.providers.get(providerId);
  if (!open?.provider.receive) return { refused: 404, reason: "expected a provider that sends receipts" };
  const received = await open.provider.receive(request);
  if ("refused" in received) {
    corridor.telemetry.warning(`${providerId}_receipt_refused`);
    corridor.log.seldom(`receipt ${providerId}`, "receipt refused", { provider: providerId, reason: received.reason });
    return received;
  }
  const rung = await corridor.database.transaction(async (tx) => {
    const rung: Rung = { fulfil: [], undo: [] };
    for (const receipt of received.receipts) await mark(corridor, tx, open, receipt, rung);
    return rung;
  });
  for (const receipt of received.receipts)
    corridor.log.step("receipt", {
      provider: providerId,
      what: receipt.what,
      ...("detail" in receipt && { detail: receipt.detail }),
    });
  // whoever does not show its balance is tried once more
  if (!open.provider.balance && received.receipts.some(({ what }) => what === "funds"))
    await wake(corridor, open.id, null);
  await corridor.doorbell.ring("fulfil", rung.fulfil).catch(() => {});
  await corridor.doorbell.ring("undo", rung.undo).catch(() => {});
  return received;
};

interface Rung {
  fulfil: string[];
  undo: string[];
}

const mark = async (
  corridor: Corridor,
  tx: Sql,
  open: OpenProvider,
  receipt: ProviderReceipt,
  rung: Rung,
): Promise<void> => {
  if (receipt.what !== "order") return askSoon(tx, open.id, receipt.what === "funds" ? "balance" : "catalog");
  const grantId = await grantOf(tx, open.id, receipt.order);
  if (grantId === undefined) return;
  rung.fulfil.push(...(await wakeUnknown(tx, grantId, corridor.now())));
  rung.undo.push(...(await doubtIssued(tx, grantId, corridor.now())));
};

/** An order that is not of ours (another program's, or placed by hand) has no grant. */
const grantOf = async (tx: Sql, provider: string, order: { reference: string } | { key: string }) =>
  (
    await tx.row<{ grant_id: string }>(
      "key" in order
        ? "select grant_id from orders where provider = $1 and request ->> 'key' = $2"
        : "select grant_id from orders where provider = $1 and reference = $2",
      [provider, "key" in order ? order.key : order.reference],
    )
  )?.grant_id;

/** Looked up now; one that is being asked about at this moment is left to whoever asks. */
const wakeUnknown = async (tx: Sql, grantId: string, now: Date): Promise<string[]> =>
  ids(
    await tx.rows(
      `update grants g set not_before = $2 where g.id = $1 and g.state = 'unknown' and not exists (
         select from attempts a where a.grant_id = g.id and a.finished_at is null and g.not_before > $2)
       returning g.id`,
      [grantId, now],
    ),
  );

const doubtIssued = async (tx: Sql, grantId: string, now: Date): Promise<string[]> =>
  ids(
    await tx.rows(
      `update orders o set doubted_at = $2 from grants g
       where g.id = $1 and o.grant_id = g.id and g.state = 'issued' and g.undone_at is null returning g.id`,
      [grantId, now],
    ),
  );

const ids = (rows: readonly { id?: string }[]): string[] => rows.flatMap(({ id }) => id ?? []);
