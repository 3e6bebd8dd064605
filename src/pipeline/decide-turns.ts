/**
 * Decides turns: asks the rules about a metric, as of the end of a window, for everybody of whom something is counted. A turn
 * is news as a delivery is, and waits for what was received before the window ended.
 */
import { isAway } from "../db/away.ts";
import type { Sql } from "../db/sql.ts";
import { metricByName } from "../metrics/index.ts";
import { loadHistories, type RecordKey } from "../records/fact-rows.ts";
import type { Corridor } from "./corridor.ts";
import { logGrants } from "./decide.ts";
import type { Book, Decided } from "./decide-book.ts";
import { applyBrake } from "./decide-brake.ts";
import { dueGrants } from "./decide-due.ts";
import { writeGrants } from "./decide-grants.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { judgeMetrics, metricsAtEnd } from "./decide-metrics.ts";
import { writeMilestones } from "./decide-milestones.ts";
import { peopleAround } from "./decide-people.ts";
import { seriesOf } from "./metric-asked.ts";
import { turnSubjects } from "./turn-subjects.ts";
import { turningMetrics } from "./window-turns.ts";

interface Turn {
  metric: string;
  /** The first local day after the window. */
  until: string;
  noticed_at: Date;
  after_connection: string;
  after_id: string;
}

/** So many of whom a metric is are judged in one transaction. */
const MOST = 500;

/** One step of the turn that is first in line. One that fails whatever is done is parked, and the others go on. */
export const decideTurns = async (corridor: Corridor): Promise<Decided> => {
  const { database, log, telemetry } = corridor;
  // nearly always there is none, and then nobody is kept waiting for the lock
  if (!(await openTurn(database))) return NOTHING;
  const at: { turn?: Turn } = {};
  try {
    const decided = await database.transaction(async (tx) => {
      await takeDecidingLock(tx);
      const turn = await openTurn(tx);
      if (!turn) return NOTHING;
      at.turn = turn;
      return decideTurn({ corridor, tx, nearMisses: true }, turn);
    });
    if (at.turn)
      log.step("window ended", { metric: at.turn.metric, until: at.turn.until, grants: decided.granted.length });
    await logGrants(corridor, decided.granted);
    return decided;
  } catch (error) {
    const { turn } = at;
    if (isAway(error) || !turn) throw error;
    const message = error instanceof Error ? error.message : String(error);
    await database.run("update window_turns set state = 'parked', reason = $3 where metric = $1 and until = $2", [
      turn.metric,
      turn.until,
      `Accolade failed on it: ${message.slice(0, 300)}. This is a fault of ours; the log has the details.`,
    ]);
    log.error("parked", { window: `${turn.metric} until ${turn.until}`, error });
    telemetry.parked("all");
    return { events: 1, granted: [] };
  }
};

const NOTHING: Decided = { events: 0, granted: [] };

/** The turn that is first in line, if nothing that was received before it waits to be decided. */
export const openTurn = (sql: Sql): Promise<Turn | undefined> =>
  sql.row<Turn>(
    `select metric, until::text as until, noticed_at, after_connection, after_id from (
       select * from window_turns where state = 'open' order by ended_at, metric limit 1) t
     where not exists (select from events e where e.state in ('reading', 'ready') and e.received_at < t.ended_at)
       and not exists (select from inbox i where i.state = 'received' and i.received_at < t.ended_at)`,
  );

/** Judges the next of those that a turn is about, in the caller's transaction, which holds the deciding lock. */
export const decideTurn = async ({ corridor, tx, nearMisses }: Book, turn: Turn): Promise<Decided> => {
  const decidedAt = turn.noticed_at;
  // by the rules of now, as a metric is whenever it is judged
  const spec = turningMetrics(corridor.rules.current().matcher.book).get(turn.metric);
  const metric = spec && metricByName(spec.name);
  const after = { connection: turn.after_connection, id: turn.after_id };
  const subjects = metric ? await turnSubjects(tx, spec.of, seriesOf(metric, spec), turn.until, after, MOST) : [];
  const last = subjects.at(-1);
  await tx.run(
    `update window_turns set after_connection = $3, after_id = $4, state = $5 where metric = $1 and until = $2`,
    [
      turn.metric,
      turn.until,
      last?.connection ?? after.connection,
      last?.id ?? after.id,
      subjects.length < MOST ? "judged" : "open",
    ],
  );
  if (!spec || subjects.length === 0) return { events: 1, granted: [] };

  const milestones = await metricsAtEnd(corridor, tx, { spec, until: turn.until, subjects, decidedAt });
  const families = judgeMetrics(corridor, milestones);
  const judged = families.flatMap((family) => family.judged);
  const workspace = await tx.row<{ id: string }>("select id from workspace");
  const place = { workspaceId: workspace?.id ?? "", timeZone: corridor.workspace.timeZone };
  const due = families.flatMap((family) => dueGrants(place, family.judged, family.merges).grants);
  const users = due.flatMap(({ recipientKey }): RecordKey[] => {
    const [connection = "", kind, ...id] = recipientKey.split("/");
    return kind === "user" ? [{ connection, kind, id: id.join("/") }] : [];
  });
  const people = await peopleAround(tx, await loadHistories(tx, users), { withTeams: false, users });
  const milestoneIds = await writeMilestones(tx, judged, { stored: new Map(), fresh: new Map(), nearMisses });
  const granted = await writeGrants(corridor, tx, {
    members: [],
    milestones: [],
    metricMilestones: [...milestoneIds.values(), ...milestones.flatMap(({ replaces }) => replaces)],
    due,
    undone: new Map(),
    milestoneIds,
    people,
    decidedAt,
  });
  await applyBrake(corridor, tx, decidedAt);
  return { events: 1, granted };
};
