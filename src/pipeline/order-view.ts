/** Everything that is known of the order of a grant, on one screen: what was asked for, what the vendor said, what comes next. */
import type { GrantState } from "../ledger/grant-states.ts";
import type { Money } from "../money.ts";
import { userWithEmail } from "../users.ts";
import type { Corridor } from "./corridor.ts";
import { loadGrant } from "./grant-view.ts";
import { orderOf } from "./order-row.ts";
import { standingOf } from "./provider-standing.ts";

/** Instants are ISO 8601 in UTC. Without codes, links, names and addresses. */
export interface OrderView {
  grant: string;
  state: GrantState;
  waiting: string | null;
  /** When it is ordered, or asked for, the next time; null where nothing more is due. */
  next: { what: "order" | "lookup"; at: string } | null;
  /** Null where nothing is frozen: it was not ordered yet, or what was ordered was given up. */
  order: FrozenOrder | null;
  /** Oldest first. */
  attempts: {
    target: string;
    what: string;
    startedAt: string;
    finishedAt: string | null;
    outcome: string | null;
    code: string | null;
    detail: string | null;
    /** A person who said so; null for a call. */
    actor: string | null;
  }[];
  /** Orders of earlier rounds, oldest first. */
  earlier: {
    round: number;
    provider: string;
    key: string;
    reference: string | null;
    /** Why it was given up; null where it supplied something. */
    givenUp: { how: string; detail: string | null } | null;
    takenBackAt: string | null;
  }[];
  provider: {
    id: string;
    trouble: string | null;
    detail: string | null;
    since: string | null;
    balance: readonly Money[] | null;
    balanceAt: string | null;
  };
}

interface FrozenOrder {
  provider: string;
  /** Why this one and no earlier one of the reward; null for the first. */
  chosen: string | null;
  key: string;
  value: Money;
  options: unknown;
  title: string;
  recipient: string;
  reference: string | null;
  frozenAt: string;
  placedAt: string | null;
  settledAt: string | null;
}

/** Undefined where there is no such grant. */
export const viewOrder = async (corridor: Corridor, grantId: string): Promise<OrderView | undefined> => {
  const { database, users } = corridor;
  const grant = await loadGrant(database, grantId);
  if (!grant) return undefined;
  const order = await orderOf(database, grantId);
  const attempts = await database.rows<
    Omit<OrderView["attempts"][number], "startedAt" | "finishedAt"> & { started_at: Date; finished_at: Date | null }
  >(
    `select target, what, started_at, finished_at, outcome, code, detail, actor from attempts
     where grant_id = $1 and what in ('order', 'lookup', 'cancel') order by id`,
    [grantId],
  );
  const earlier = await database.rows<{
    round: number;
    provider: string;
    key: string;
    reference: string | null;
    refused: string | null;
    refused_detail: string | null;
    taken_back_at: Date | null;
  }>(
    `select round, provider, request ->> 'key' as key, reference, refused, refused_detail, taken_back_at
     from orders_past where grant_id = $1 order by round`,
    [grantId],
  );
  const provider = order?.provider ?? grant.provider;
  const standing = await standingOf(database, provider);
  return {
    grant: grantId,
    state: grant.state,
    waiting: grant.waiting,
    next:
      grant.state === "approved" || grant.state === "ordering" || grant.state === "unknown"
        ? { what: grant.state === "approved" ? "order" : "lookup", at: nextAt(grant.not_before, corridor.now()) }
        : null,
    order: order
      ? {
          provider: order.provider,
          chosen: order.chosen,
          key: order.request.key,
          value: order.request.value,
          options: order.request.options,
          title: order.request.title,
          recipient: order.request.recipient.id,
          reference: order.reference,
          frozenAt: order.frozen_at.toISOString(),
          placedAt: iso(order.placed_at),
          settledAt: iso(order.settled_at),
        }
      : null,
    attempts: attempts.map(({ started_at, finished_at, actor, ...rest }) => ({
      ...rest,
      actor: actor && (userWithEmail(users, actor)?.name ?? actor),
      startedAt: started_at.toISOString(),
      finishedAt: iso(finished_at),
    })),
    earlier: earlier.map(({ refused, refused_detail, taken_back_at, ...rest }) => ({
      ...rest,
      givenUp: refused === null ? null : { how: refused, detail: refused_detail },
      takenBackAt: iso(taken_back_at),
    })),
    provider: {
      id: provider,
      trouble: standing?.trouble ?? null,
      detail: standing?.trouble_detail ?? null,
      since: iso(standing?.trouble_since ?? null),
      balance: standing?.balance ?? null,
      balanceAt: iso(standing?.balance_at ?? null),
    },
  };
};

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** What was never put ahead is due at once: such a moment lies before all time. */
const nextAt = (notBefore: Date, now: Date) => (notBefore > now ? notBefore : now).toISOString();
