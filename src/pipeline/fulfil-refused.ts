/** What becomes of a grant whose order is known to stand nowhere: it waits, goes to another provider, or has failed. */
import type { Sql } from "../db/sql.ts";
import { moveGrants } from "../ledger/grant-states.ts";
import type { OrderOutcome, OrderRequest } from "../rewards/provider.ts";
import { keptWording, quoted, type Worded, worded, wording } from "../wordings.ts";
import { attemptsSoFar } from "./attempts.ts";
import { chooseRoute, hasAnotherRoute } from "./choose-route.ts";
import type { Corridor, OpenProvider } from "./corridor.ts";
import { freeGrants } from "./decide-free.ts";
import { type GrantView, titlesOf } from "./grant-view.ts";
import { type GivenUp, giveUpOrder } from "./past-orders.ts";
import { pauseAfter } from "./pause-after.ts";

/** An order on its way, with the attempt that it is part of. */
export interface Order {
  grant: GrantView;
  open: OpenProvider;
  request: OrderRequest;
  attempt: number;
}

type Refused = Extract<OrderOutcome, { outcome: "rejected" }> | { how: GivenUp; detail: string };

/** `current`: the grant as it is now, locked. Gives whether it can be ordered elsewhere at once. */
export const refused = async (
  corridor: Corridor,
  tx: Sql,
  { open }: Order,
  current: GrantView,
  refusal: Refused,
): Promise<boolean> => {
  const { id, state } = current;
  const from = state === "unknown" ? "unknown" : "ordering";
  const now = corridor.now();
  const how =
    "how" in refusal
      ? refusal.how
      : refusal.kind === "funds" || refusal.kind === "configuration"
        ? refusal.kind
        : "permanent";
  const { detail } = refusal;
  const { label } = open.kind;
  const { via } = await titlesOf(corridor, tx, current);
  if (via.length < 2) {
    if (how === "permanent") {
      await fail(corridor, tx, id, quoted(label, detail), from);
      return false;
    }
    await backToApproved(tx, id, from, detail);
    await waitUntil(
      tx,
      id,
      quoted(label, detail),
      later(now, pauseAfter(await attemptsSoFar(tx, id, "order", "rejected"))),
    );
    return false;
  }
  const another = await hasAnotherRoute(corridor, tx, current);
  await giveUpOrder(tx, id, how, detail, now);
  // whoever could take it refused it for good: it has failed
  const choice = how === "permanent" && !another ? await chooseRoute(corridor, tx, current) : undefined;
  if (choice?.what === "never") {
    await fail(corridor, tx, id, choice.why, from);
    return false;
  }
  await backToApproved(tx, id, from, another ? `${detail} Another provider is asked.` : detail);
  const pause = another ? 0 : pauseAfter(await attemptsSoFar(tx, id, "order", "rejected"));
  await waitUntil(
    tx,
    id,
    another ? worded(wording("another_asked", { provider: open.id, why: detail })) : quoted(label, detail),
    later(now, pause),
  );
  return another;
};

const fail = async (
  { now, telemetry }: Corridor,
  tx: Sql,
  grantId: string,
  why: Worded,
  from: "ordering" | "unknown",
) => {
  await moveGrants(tx, [{ grantId, from, to: "failed", actor: "fulfil", why: why.words }]);
  telemetry.grant("failed");
  await sayWhy(tx, grantId, why);
  // what it would have paid of a debt is open again
  if (await tx.row("select from nettings where grant_id = $1 and not posted", [grantId]))
    await giveUpOrder(tx, grantId, "permanent", why.words, now());
  await freeGrants(tx, [grantId]);
};

/** Nothing was ordered: it may be ordered again. */
export const backToApproved = async (
  tx: Sql,
  grantId: string,
  from: "ordering" | "unknown",
  why: string,
  actor = "fulfil",
) => {
  // out of `unknown` an order was sent once more, so it passes through `ordering` on its way
  if (from === "unknown")
    await moveGrants(tx, [{ grantId, from, to: "ordering", actor, why: "nothing stands under its key" }]);
  await moveGrants(tx, [{ grantId, from: "ordering", to: "approved", actor, why }]);
};

/** The reason that stands on a grant, for a person. */
export const sayWhy = (tx: Sql, grantId: string, why: Worded): Promise<number> =>
  tx.run("update grants set waiting = $2, waiting_wording = $3 where id = $1", [grantId, why.words, keptWording(why)]);

/** It does not move on before then. The reason is for a person. */
export const waitUntil = (tx: Sql, grantId: string, why: Worded, until: Date): Promise<number> =>
  tx.run("update grants set waiting = $2, waiting_wording = $4, not_before = $3 where id = $1", [
    grantId,
    why.words,
    until,
    keptWording(why),
  ]);

export const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms);
