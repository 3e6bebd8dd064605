/** Sends parked deliveries and events through the corridor again, after their cause was mended. Harmless for the others. */
import type { Corridor } from "./corridor.ts";

export interface Replayed {
  deliveries: number;
  events: number;
  /** Ends of windows. */
  windows: number;
}

/** `which`: every parked event, or one event by its id. What was decided is never decided twice. */
export const replay = (
  { database, now }: Pick<Corridor, "database" | "now">,
  which: "parked" | number,
): Promise<Replayed> =>
  database.transaction(async (tx) => {
    const events = await tx.rows<{ id: number; inbox_id: number; subject_kind: string; tries: number; state: string }>(
      `select id, inbox_id, subject_kind, tries, state from events
       where state in ('parked', 'reading') and ($1::bigint is null or id = $1) for update`,
      [which === "parked" ? null : which],
    );
    // what a connector could not understand is unpacked anew from the raw bytes; what was asked of the CRM in vain is
    // asked again; what we failed to decide is decided again
    const notUnderstood = events.filter((event) => event.subject_kind === "none");
    const unread = events.filter(
      (event) => event.subject_kind !== "none" && (event.state === "reading" || event.tries > 0),
    );
    const undecided = events.filter((event) => event.subject_kind !== "none" && !unread.includes(event));
    await tx.run("delete from events where id = any ($1)", [notUnderstood.map((event) => event.id)]);
    const again = await tx.run(
      "update inbox set state = 'received', reason = null where id = any ($1) or ($2 and state = 'parked')",
      [notUnderstood.map((event) => event.inbox_id), which === "parked"],
    );
    await tx.run("update events set state = 'reading', tries = 0, not_before = $2 where id = any ($1)", [
      unread.map((event) => event.id),
      now(),
    ]);
    await tx.run("update events set state = 'ready' where id = any ($1)", [undecided.map((event) => event.id)]);
    const windows =
      which === "parked"
        ? await tx.run("update window_turns set state = 'open', reason = null where state = 'parked'")
        : 0;
    return { deliveries: again, events: unread.length + undecided.length, windows };
  });
