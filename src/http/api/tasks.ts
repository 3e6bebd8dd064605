import { z } from "zod";
import { decideTask, listTasks, type Task, type TaskClosed } from "../../pipeline/tasks.ts";
import { taskStates } from "../../rewards/index.ts";
import { type ApiRefusal, defineRoute, refused } from "./route.ts";
import { ById, Id, Instant, MoneyShape, moneyShape, Next, Paged, Person } from "./shapes.ts";

const roles = ["approver", "editor"] as const;

const TaskShape = z.object({
  id: Id,
  state: z.enum(taskStates).describe("`withdrawn`: the reward was taken back before anybody had done it"),
  title: z.string(),
  instructions: z.string().nullable().describe("From the reward in the rule book: for whoever does it"),
  value: MoneyShape,
  recipient: z.object({
    id: Id,
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
  }),
  grant: z
    .object({ id: Id, rule: z.string(), subject: z.string().describe("What it is for: deal Rossi") })
    .nullable()
    .describe("Null for a task of an order that was taken back"),
  createdAt: Instant,
  closedAt: Instant.nullable(),
  closedBy: Person.nullable(),
  note: z.string().nullable().describe("The recipient reads it"),
  trackingUrl: z.string().nullable(),
  reason: z.string().nullable().describe("Why it could not be done; the recipient reads it"),
});

const shape = (task: Task): z.input<typeof TaskShape> => ({ ...task, value: moneyShape(task.value) });

const text = z.string().trim().min(1).max(1_000);
const Done = z.strictObject({
  note: text.optional().describe("The recipient reads it on their page: where it is, what to do"),
  trackingUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional()
    .describe("Where they can follow it"),
});
const Cannot = z.strictObject({ reason: text.describe("The recipient reads it") });
const Result = z.object({ id: Id, state: z.enum(["done", "cannot"]) });

const statuses: Record<Extract<TaskClosed, { ok: false }>["code"], ApiRefusal["status"]> = {
  not_found: 404,
  own: 403,
  not_yours: 403,
  closed: 409,
  not_yet: 409,
  no_reason: 422,
  too_long: 422,
  bad_address: 422,
};
const answered = (closed: TaskClosed) =>
  closed.ok
    ? { answer: { id: closed.id, state: closed.state } }
    : refused(statuses[closed.code], closed.code, closed.message);

export const taskRoutes = [
  defineRoute({
    method: "get",
    path: "/rewards/tasks",
    summary: "Rewards that a person hands over: what there is to do, oldest first",
    roles,
    query: z.strictObject({ state: z.enum(taskStates).optional(), ...Paged }),
    answer: z.object({ tasks: z.array(TaskShape), next: Next }),
    async handle({ corridor, query }) {
      const tasks = await listTasks(corridor, query);
      const next = tasks.length === query.limit ? (tasks.at(-1)?.id ?? null) : null;
      return { answer: { tasks: tasks.map(shape), next } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/rewards/tasks/{id}/done",
    summary: "You handed it over or sent it off: the recipient is told",
    roles,
    params: ById,
    body: Done,
    answer: Result,
    refusals: [404, 409],
    handle: async ({ corridor, user, path, body }) =>
      answered(
        await decideTask(corridor, user, path.id, {
          state: "done",
          note: body.note ?? null,
          trackingUrl: body.trackingUrl ?? null,
        }),
      ),
  }),
  defineRoute({
    method: "post",
    path: "/rewards/tasks/{id}/cannot",
    summary: "It cannot be handed over: the recipient is told why, and what it costs goes back to its budget",
    roles,
    params: ById,
    body: Cannot,
    answer: Result,
    refusals: [404, 409],
    handle: async ({ corridor, user, path, body }) =>
      answered(await decideTask(corridor, user, path.id, { state: "cannot", reason: body.reason })),
  }),
];
