import { z } from "zod";
import type { Sql } from "../../db/sql.ts";
import { rejected, unknown } from "../../outcome.ts";
import { defineProvider, type Found } from "../provider.ts";
import { openTask, type TaskRow, taskUnder, withdrawTask } from "./task.ts";

const settings = z.strictObject({
  lateAfterDays: z
    .int()
    .min(1)
    .max(365)
    .default(7)
    .describe("`accolade doctor` names tasks that are open for longer than this many days."),
});

const options = z.strictObject({
  instructions: z
    .string()
    .min(1)
    .max(1_000)
    .exactOptional()
    .describe("What whoever does the task needs to know: where it lies, whom to ask, what to write in the note."),
});

const A_DAY = 86_400_000;

/**
 * Rewards that a person hands over: merchandise, experiences, perks. An order is a task in a list; the recipient hears at
 * once that they have earned it, and again when it is on its way.
 */
export const manual = defineProvider({
  id: "manual",
  label: "By hand",
  settings,
  secrets: [],
  options,
  supplies: "money",
  // half a rucksack is none
  wholeOnly: true,
  open({ lateAfterDays }, around) {
    return {
      settleAfterMs: 0,
      longestCallMs: 5_000,

      async order(request) {
        const { instructions } = options.parse(request.options);
        const task = await openTask(around.sql, around.id, request, instructions ?? null, around.now());
        if (task.state === "cannot")
          return rejected("permanent", "task_cannot", "Somebody found that this cannot be handed over.");
        if (task.state === "withdrawn") return unknown("The task of this order was withdrawn.");
        return { outcome: "accepted", ...given(task) };
      },

      async lookup(key): Promise<Found> {
        const task = await taskUnder(around.sql, key);
        if (!task) return { found: false };
        return task.state === "open" || task.state === "done"
          ? { found: true, ...given(task) }
          : { found: "cancelled", detail: "The task of this order is closed, and nothing was handed over." };
      },

      // whether the recipient saw that it is being prepared changes nothing
      async cancel(key) {
        const task = await withdrawTask(around.sql, key, around.now());
        return task?.state === "done" ? { outcome: "used" } : { outcome: "cancelled" };
      },

      async check() {
        const { open, late } = await waiting(
          around.sql,
          around.id,
          new Date(around.now().getTime() - lateAfterDays * A_DAY),
        );
        const what = "tasks";
        return late === 0
          ? [{ ok: true, what, detail: `${open} open` }]
          : [
              {
                ok: false,
                what,
                found: `${late} of ${open} open ones are older than ${lateAfterDays} days`,
                todo: "See them with: accolade rewards tasks --open",
              },
            ];
      },
    };
  },
});

const given = ({ id }: TaskRow) => ({ reference: id, content: { kind: "task", task: id } }) as const;

const waiting = async (sql: Sql, provider: string, before: Date) =>
  (await sql.row<{ open: number; late: number }>(
    `select count(*)::int as open, (count(*) filter (where created_at < $2))::int as late
     from reward_tasks where provider = $1 and state = 'open'`,
    [provider, before],
  )) ?? { open: 0, late: 0 };
