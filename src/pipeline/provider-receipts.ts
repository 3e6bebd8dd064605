import type { ProviderReceipt } from "../receipt.ts";
import type { Corridor } from "./corridor.ts";
import { askBalance, refreshCatalog, wake } from "./watch-providers.ts";

/**
 * What a receipt of a provider changes. It is only a hint: an order is looked up, money and catalogue are asked for. Safe to
 * repeat; one about an order that nobody waits for does nothing.
 */
export const takeProviderReceipt = async (
  corridor: Corridor,
  provider: string,
  receipt: ProviderReceipt,
): Promise<void> => {
  const open = corridor.providers.get(provider);
  if (!open) return;
  if (receipt.what === "catalog") {
    await refreshCatalog(corridor, open);
    await corridor.catalogs.reload();
  } else if (receipt.what === "funds") {
    if (open.provider.balance) await askBalance(corridor, open);
    else await wake(corridor, provider, null);
  } else {
    const [reference, key] = "key" in receipt.order ? [null, receipt.order.key] : [receipt.order.reference, null];
    const rows = await corridor.database.rows<{ id: string }>(
      `update grants g set not_before = $4 from orders o
       where o.grant_id = g.id and o.provider = $1 and (o.reference = $2 or o.request ->> 'key' = $3) and g.state = 'unknown'
       returning g.id`,
      [provider, reference, key, corridor.now()],
    );
    await corridor.doorbell
      .ring(
        "fulfil",
        rows.map((row) => row.id),
      )
      .catch(() => {});
  }
};
