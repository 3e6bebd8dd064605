import { z } from "zod";
import { type Decided, decideApproval, decideApprovals } from "../../pipeline/approvals-decide.ts";
import { type Approval, approvalStates, listApprovals, viewApproval } from "../../pipeline/approvals-list.ts";
import { type ApiRefusal, defineRoute, refused } from "./route.ts";
import { ById, Explained, Id, Instant, MoneyShape, moneyShape, Name, Next, Paged, Person } from "./shapes.ts";

const roles = ["approver"] as const;

const ApprovalShape = z.object({
  id: Id,
  kind: z.enum(["grant", "dispute"]),
  state: z.enum(approvalStates),
  group: z.string().describe("A group of accolade.yaml, `manager` (the recipient's) or `admin` (who has that role)"),
  requestedAt: Instant,
  expiresAt: Instant.nullable().describe("From then on nobody may decide; null: it waits without end"),
  decidedAt: Instant.nullable(),
  decidedBy: Person.nullable(),
  reason: z.string().nullable().describe("What the recipient was, or will be, told"),
  recipient: z.object({ id: Id, name: z.string().nullable(), email: z.string().nullable() }),
  grant: z
    .object({
      id: Id,
      state: z.string(),
      rule: z.string(),
      title: z.string(),
      reward: z.string(),
      value: MoneyShape,
      subject: z.string().describe("What it was for: deal Rossi"),
    })
    .nullable()
    .describe("Null for a reward that somebody misses"),
  dispute: z
    .object({ about: z.string().nullable(), text: z.string() })
    .nullable()
    .describe("What the recipient wrote: text of a stranger"),
});

const shape = (approval: Approval): z.input<typeof ApprovalShape> => ({
  ...approval,
  grant: approval.grant && { ...approval.grant, value: moneyShape(approval.grant.value) },
});

const reason = z.string().trim().min(1).max(1_000);
const Approve = z.strictObject({
  reason: reason.optional().describe("For the record; of a dispute it is the answer, and needed"),
  give: z
    .strictObject({
      rule: Name.describe("Id of a rule in force"),
      record: z.string().min(1).max(200).optional().describe("Id of the record, such as the deal, where several fit"),
    })
    .optional()
    .describe("Of a dispute about a reward that is missing: give what this rule would have given"),
});
const Decline = z.strictObject({ reason: reason.describe("The recipient reads it") });
const Result = z.object({ id: Id, state: z.enum(["approved", "declined"]) });

const Bulk = z.strictObject({
  ids: z.array(Id).min(1).max(200),
  decision: z.enum(["approve", "decline"]),
  reason: reason.optional(),
});
const BulkResult = z.object({
  results: z.array(
    z.object({
      id: Id,
      ok: z.boolean(),
      state: z.enum(["approved", "declined"]).optional(),
      error: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
});

const statuses: Record<Extract<Decided, { ok: false }>["code"], ApiRefusal["status"]> = {
  not_found: 404,
  own: 403,
  not_yours: 403,
  decided: 409,
  no_reason: 422,
  reason_too_long: 422,
  not_given: 422,
};
const answered = (decided: Decided) =>
  decided.ok
    ? { answer: { id: decided.id, state: decided.state } }
    : refused(statuses[decided.code], decided.code, decided.message);

export const approvalRoutes = [
  defineRoute({
    method: "get",
    path: "/approvals",
    summary: "The queue, oldest first: what you may decide; an admin sees all of it",
    roles,
    query: z.strictObject({ state: z.enum(approvalStates).optional(), group: Name.optional(), ...Paged }),
    answer: z.object({ approvals: z.array(ApprovalShape), next: Next }),
    async handle({ corridor, user, query }) {
      const approvals = await listApprovals(corridor, user, query);
      const next = approvals.length === query.limit ? (approvals.at(-1)?.id ?? null) : null;
      return { answer: { approvals: approvals.map(shape), next } };
    },
  }),
  defineRoute({
    method: "get",
    path: "/approvals/{id}",
    summary: "One approval, with each line of the rule and the values that it saw",
    roles,
    params: ById,
    answer: ApprovalShape.extend({ explanation: z.array(Explained) }),
    refusals: [404],
    async handle({ corridor, user, path: { id } }) {
      const approval = await viewApproval(corridor, user, id);
      if (!approval) return refused(404, "not_found", `Found no approval ${id}, expected one that the list shows.`);
      if (approval === "unseen")
        return refused(
          403,
          "not_yours",
          "This approval is somebody else's to decide: expected one that your list shows.",
        );
      return { answer: { ...shape(approval), explanation: approval.explanation } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/approvals/{id}/approve",
    summary: "Approve: the reward is ordered. Of a dispute: accept it, with an answer; pays only with `give`",
    roles,
    params: ById,
    body: Approve,
    answer: Result,
    refusals: [404, 409],
    handle: async ({ corridor, user, path, body }) =>
      answered(
        await decideApproval(corridor, user, path.id, {
          decision: "approve",
          reason: body.reason ?? null,
          ...(body.give ? { give: { rule: body.give.rule, record: body.give.record ?? null } } : {}),
        }),
      ),
  }),
  defineRoute({
    method: "post",
    path: "/approvals/{id}/decline",
    summary: "Decline, with a reason that the recipient reads",
    roles,
    params: ById,
    body: Decline,
    answer: Result,
    refusals: [404, 409],
    handle: async ({ corridor, user, path, body }) =>
      answered(await decideApproval(corridor, user, path.id, { decision: "decline", reason: body.reason })),
  }),
  defineRoute({
    method: "post",
    path: "/approvals/bulk",
    summary: "Decide several: each is answered on its own, and one that cannot be decided does not stop the others",
    roles,
    body: Bulk,
    answer: BulkResult,
    async handle({ corridor, user, body }) {
      const decision = { decision: body.decision, reason: body.reason ?? null };
      const decided = await decideApprovals(corridor, user, [...new Set(body.ids)], decision);
      return {
        answer: {
          results: decided.map((each) =>
            each.ok ? each : { id: each.id, ok: false, error: each.code, message: each.message },
          ),
        },
      };
    },
  }),
];
