import { z } from "zod";
import { grantStates } from "../../ledger/grant-states.ts";
import type { Corridor } from "../../pipeline/corridor.ts";
import type { Hand, HandRefused } from "../../pipeline/hand.ts";
import { viewOrder } from "../../pipeline/order-view.ts";
import { retryFailed } from "../../pipeline/retry-failed.ts";
import { settleOrderByHand } from "../../pipeline/settle-order.ts";
import { takeBack } from "../../pipeline/take-back.ts";
import { seenBy } from "./addresses.ts";
import { type ApiRefusal, defineRoute, refused } from "./route.ts";
import { AttemptShape, ById, Id, Instant, MoneyShape, moneyShape } from "./shapes.ts";

const Order = z.object({
  grant: Id,
  state: z.enum(grantStates),
  waiting: z.string().nullable().describe("Why it does not move on"),
  next: z
    .object({ what: z.enum(["order", "lookup"]), at: Instant })
    .nullable()
    .describe("When it is ordered, or the vendor is asked about it, the next time"),
  order: z
    .object({
      provider: z.string(),
      chosen: z.string().nullable().describe("Why this provider, and no earlier one of the reward"),
      key: z.string().describe("What the vendor knows the order by, beside its own reference"),
      value: MoneyShape,
      options: z.unknown().describe("The reward's own keys, as the provider reads them"),
      title: z.string(),
      recipient: Id,
      reference: z.string().nullable().describe("The vendor's"),
      frozenAt: Instant,
      placedAt: Instant.nullable(),
      settledAt: Instant.nullable(),
    })
    .nullable(),
  attempts: z.array(
    AttemptShape.extend({ actor: z.string().nullable().describe("A person who said so; null for a call") }),
  ),
  earlier: z.array(
    z.object({
      round: z.number().int(),
      provider: z.string(),
      key: z.string(),
      reference: z.string().nullable(),
      givenUp: z.object({ how: z.string(), detail: z.string().nullable() }).nullable(),
      takenBackAt: Instant.nullable(),
    }),
  ),
  provider: z.object({
    id: z.string(),
    trouble: z.string().nullable().describe("`funds`, `stock`, `configuration` or `low`"),
    detail: z.string().nullable(),
    since: Instant.nullable(),
    balance: z.array(MoneyShape).nullable(),
    balanceAt: Instant.nullable(),
  }),
});

const word = z.union([
  z.strictObject({
    ordered: z.literal(true),
    reference: z.string().trim().min(1).max(200).describe("The vendor's own reference of the order"),
    link: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("What the vendor's pages show for the recipient"),
    code: z.string().min(1).max(500).optional(),
  }),
  z.strictObject({ ordered: z.literal(false) }),
]);

const Because = z.strictObject({ because: z.string().trim().min(1).max(200) });
const Said = z.object({ said: z.string().describe("What happens now") });

const statuses: Record<HandRefused["code"], ApiRefusal["status"]> = {
  not_found: 404,
  not_yours: 403,
  own: 403,
  no_reason: 422,
  state: 409,
  not_due: 409,
  no_room: 409,
  may_stand: 409,
  stays: 409,
};
type Act = (corridor: Corridor, grantId: string, hand: Hand) => Promise<{ ok: true; said: string } | HandRefused>;
const byHand = (what: string, summary: string, act: Act) =>
  defineRoute({
    method: "post",
    path: `/grants/{id}/${what}`,
    summary,
    roles: ["approver"],
    params: ById,
    body: Because,
    answer: Said,
    refusals: [404, 409],
    async handle({ corridor, user, path: { id }, body: { because } }) {
      const done = await act(corridor, id, { user, name: user.email, because });
      return done.ok
        ? { answer: { said: done.said } }
        : refused(statuses[done.code], done.code, `Grant ${id}: ${done.message}.`);
    },
  });

export const orderRoutes = [
  byHand(
    "retry",
    "Order a grant again that has failed, where no order of it can stand; the reason is kept with your name",
    retryFailed,
  ),
  byHand(
    "take-back",
    "Take a grant back that was given, or cancel it before it is; its recipient is told, with the reason",
    takeBack,
  ),
  defineRoute({
    method: "get",
    path: "/grants/{id}/order",
    summary:
      "Everything known of the order of a grant: what was asked for, every call, what the vendor said, what comes next",
    roles: ["editor", "approver"],
    params: ById,
    answer: Order,
    refusals: [404],
    async handle({ corridor, user, path: { id } }) {
      const view = await viewOrder(corridor, id);
      if (!view) return refused(404, "not_found", `Found no grant ${id}, expected one that the list shows.`);
      const { attempts, earlier, waiting, provider } = view;
      return {
        answer: {
          ...view,
          order: view.order && { ...view.order, value: moneyShape(view.order.value) },
          ...seenBy(user, { attempts, earlier, waiting }),
          provider: { ...provider, balance: provider.balance?.map(moneyShape) ?? null },
        },
      };
    },
  }),
  defineRoute({
    method: "post",
    path: "/grants/{id}/settle",
    summary:
      "Say what became of an order of unknown outcome, after a look at the vendor's own pages; kept with your name",
    roles: [],
    params: ById,
    body: word,
    answer: Said,
    refusals: [409],
    async handle({ corridor, user, path: { id }, body }) {
      const content =
        "link" in body && body.link
          ? ({ kind: "link", url: body.link } as const)
          : "code" in body && body.code
            ? ({ kind: "code", code: body.code } as const)
            : undefined;
      const said = body.ordered
        ? { ordered: true as const, reference: body.reference, ...(content && { content }) }
        : { ordered: false as const };
      const settled = await settleOrderByHand(corridor, id, said, user.email);
      return settled.ok
        ? { answer: { said: settled.said } }
        : refused(409, "cannot_settle", `Grant ${id}: ${settled.problem}.`);
    },
  }),
];
