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
import { type AtEnd, judgeMetrics, metricsAtEnd, windowsOf } from "./decide-metrics.ts";
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
  if ((await openTurns(database)).length === 0) return NOTHING;
  const at: { turn?: Turn } = {};
  try {
    const decided = await database.transaction(async (tx) => {
      await takeDecidingLock(tx);
      const [turn] = await openTurns(tx);
      if (!turn) return NOTHING;
      at.turn = turn;
      return decideTurn({ corridor, tx, nearMisses: true }, [turn]);
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

/** The turns that are first in line and ended together, if nothing that was received before their end waits to be decided. */
export const openTurns = (sql: Sql): Promise<Turn[]> =>
  sql.rows<Turn>(
    `select metric, until::text as until, noticed_at, after_connection, after_id from window_turns t
     where state = 'open' and (ended_at, noticed_at) = (
         select ended_at, noticed_at from window_turns where state = 'open' order by ended_at, metric limit 1)
       and not exists (select from events e where e.state in ('reading', 'ready') and e.received_at < t.ended_at)
       and not exists (select from inbox i where i.state = 'received' and i.received_at < t.ended_at)
     order by metric`,
  );

/** Judges the next of those that these turns are about, in the caller's transaction, which holds the deciding lock. They ended together. */
export const decideTurn = async (
  { corridor, tx, nearMisses }: Book,
  turns: readonly [Turn, ...Turn[]],
): Promise<Decided> => {
  const decidedAt = turns[0].noticed_at;
  // by the rules of now, as a metric is whenever it is judged
  const metrics = turningMetrics(corridor.rules.current().matcher.book);
  const asked: (AtEnd & { turn: Turn })[] = [];
  for (const turn of turns) {
    const spec = metrics.get(turn.metric);
    const metric = spec && metricByName(spec.name);
    const after = { connection: turn.after_connection, id: turn.after_id };
    const subjects = metric ? await turnSubjects(tx, spec.of, seriesOf(metric, spec), turn.until, after, MOST) : [];
    if (spec && subjects.length > 0) asked.push({ turn, spec, until: turn.until, subjects });
  }
  await keepPlaces(tx, turns, asked);
  if (asked.length === 0) return { events: turns.length, granted: [] };

  const milestones = await metricsAtEnd(corridor, tx, asked, decidedAt);
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
    windows: windowsOf(milestones, judged, milestoneIds),
    due,
    undone: new Map(),
    milestoneIds,
    people,
    decidedAt,
  });
  await applyBrake(corridor, tx, decidedAt);
  return { events: turns.length, granted };
};

/** How far each turn was judged; one of which there is nobody left is over. */
const keepPlaces = (tx: Sql, turns: readonly Turn[], asked: readonly (AtEnd & { turn: Turn })[]): Promise<number> => {
  const places = turns.map((turn) => {
    const { subjects = [] } = asked.find((each) => each.turn === turn) ?? {};
    const { connection, id } = subjects.at(-1) ?? { connection: turn.after_connection, id: turn.after_id };
    return { ...turn, connection, id, state: subjects.length < MOST ? "judged" : "open" };
  });
  return tx.run(
    `update window_turns w set after_connection = t.connection, after_id = t.id, state = t.state
     from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[]) as t (metric, until, connection, id, state)
     where w.metric = t.metric and w.until = t.until`,
    [
      places.map(({ metric }) => metric),
      places.map(({ until }) => until),
      places.map(({ connection }) => connection),
      places.map(({ id }) => id),
      places.map(({ state }) => state),
    ],
  );
};
