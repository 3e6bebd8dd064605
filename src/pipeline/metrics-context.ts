/** Loads what contributions rest on beside a record's own history: teams of owners, merged companies, who was referred. */
import type { Sql } from "../db/sql.ts";
import type { FactValue, RecordKind } from "../events.ts";
import {
  activityOwners,
  type Customer,
  convertedOn,
  customerSince,
  isGone,
  type MetricContext,
  type Purchase,
  referredBy,
  type Timeline,
  timelineOf,
} from "../metrics/index.ts";
import { keyText, loadHistories, type RecordKey } from "../records/fact-rows.ts";
import { ONE_SAVE_MS, type RecordHistory, valueAt } from "../records/timeline.ts";
import type { Workspace } from "./corridor.ts";
import { customersOf } from "./customers.ts";
import { dayIn } from "./local-days.ts";

/** What metrics rest on of the workspace's own settings. */
export type MetricSettings = Pick<Workspace, "timeZone" | "currency" | "rates" | "required">;

export interface LoadedContext extends MetricContext {
  /** Loads whatever these histories (and the sellers of purchases) may ask for that is not known yet. */
  learn(histories: Iterable<RecordHistory>, purchases?: readonly (Purchase & { connection: string })[]): Promise<void>;
  /** Loads when those whom referrals name became customers; after purchases were written. */
  learnConversions(histories: Iterable<RecordHistory>): Promise<void>;
}

export const createMetricContext = (tx: Sql, settings: MetricSettings): LoadedContext => {
  const teams = new Map<string, Timeline>();
  const mergedInto = new Map<string, string | null>();
  const conversions = new Map<string, string | null>();

  const survivor = (connection: string, kind: RecordKind, id: string): string => {
    const passed: string[] = [];
    let now = id;
    for (;;) {
      if (passed.includes(now)) return passed.slice(passed.indexOf(now)).sort()[0] ?? now; // a circle has no end
      passed.push(now);
      const next = mergedInto.get(keyText({ connection, kind, id: now }));
      if (!next) return now;
      now = next;
    }
  };

  const learnTeams = async (users: ReadonlyMap<string, RecordKey>) => {
    const fresh = [...users].filter(([key]) => !teams.has(key)).map(([, user]) => user);
    if (fresh.length === 0) return;
    const values = [fresh.map(({ connection }) => connection), fresh.map(({ id }) => id)];
    const rows = await tx.rows<{ connection: string; id: string; at: Date; value: FactValue; file: boolean }>(
      `select t.connection, t.id, h.since as at, to_jsonb(h.team) as value, true as file
       from unnest($1::text[], $2::text[]) as t (connection, id)
       join team_history h on h.connection = t.connection and h.user_id = t.id
       union all
       select t.connection, t.id, f.at, f.value, false from unnest($1::text[], $2::text[]) as t (connection, id)
       join facts f on f.connection = t.connection and f.kind = 'user' and f.record_id = t.id and f.field = 'team'
       order by at, value`,
      values,
    );
    const byUser = Map.groupBy(rows, ({ connection, id }) => keyText({ connection, kind: "user", id }));
    for (const user of fresh) {
      const told = byUser.get(keyText(user)) ?? [];
      const inFile = told.filter(({ file }) => file);
      const steps = (inFile.length > 0 ? inFile : told).map(({ at, value }) => ({ at: at.toISOString(), value }));
      // people.yaml says since when it was read, the CRM since when it was saved there
      teams.set(keyText(user), timelineOf(steps, inFile.length > 0 ? 0 : ONE_SAVE_MS));
    }
  };

  const learnMerges = async (records: ReadonlyMap<string, RecordKey>) => {
    const fresh = [...records].filter(([key]) => !mergedInto.has(key)).map(([, record]) => record);
    if (fresh.length === 0) return;
    const rows = await tx.rows<RecordKey & { into: string | null }>(
      `with recursive chain as (
         select t.connection, t.kind, t.id, nullif(r.fields ->> 'merged_into', '') as into
         from unnest($1::text[], $2::text[], $3::text[]) as t (connection, kind, id)
         left join records r on r.connection = t.connection and r.kind = t.kind and r.id = t.id
         union
         select c.connection, c.kind, c.into, nullif(r.fields ->> 'merged_into', '')
         from chain c left join records r on r.connection = c.connection and r.kind = c.kind and r.id = c.into
         where c.into is not null
       )
       select * from chain`,
      [fresh.map((key) => key.connection), fresh.map((key) => key.kind), fresh.map((key) => key.id)],
    );
    for (const { into, ...key } of rows) mergedInto.set(keyText(key), into === key.id ? null : into);
  };

  const context: LoadedContext = {
    dayOf: dayIn(settings.timeZone),
    exchange: settings,
    required: settings.required,
    saveMs: ONE_SAVE_MS,
    valueAt,
    teamOf: (connection, id) => teams.get(keyText({ connection, kind: "user", id })) ?? [],
    survivor,
    convertedAt: (connection, kind, id) => conversions.get(keyText({ connection, kind, id })) ?? null,
    async learn(histories, purchases = []) {
      const users = new Map<string, RecordKey>();
      const merging = new Map<string, RecordKey>();
      const note = (into: Map<string, RecordKey>, connection: string, kind: RecordKind, id: FactValue) => {
        if (typeof id === "string" && id !== "") into.set(keyText({ connection, kind, id }), { connection, kind, id });
      };
      for (const history of histories) {
        const { connection, kind, id, fields } = history;
        if (kind === "user") note(users, connection, kind, id);
        if (kind === "company" || kind === "contact") note(merging, connection, kind, id);
        for (const { value } of fields.get("owner") ?? []) note(users, connection, "user", value);
        for (const { value } of fields.get("company") ?? []) note(merging, connection, "company", value);
        for (const user of activityOwners(history)) note(users, connection, "user", user);
        for (const field of fields.keys())
          if (field.startsWith("contact:")) note(merging, connection, "contact", field.slice("contact:".length));
      }
      for (const { subjects } of purchases)
        for (const [of, connection, id] of subjects) if (of === "owner") note(users, connection, "user", id);
      await learnTeams(users);
      await learnMerges(merging);
    },
    async learnConversions(histories) {
      const named = new Map<string, RecordKey>();
      for (const history of histories)
        for (const { kind, id } of referredBy(history)) {
          const key = { connection: history.connection, kind, id };
          named.set(keyText(key), key);
        }
      const fresh = [...named].filter(([key]) => !conversions.has(key)).map(([, key]) => key);
      if (fresh.length === 0) return;
      const leads = await loadHistories(
        tx,
        fresh.filter(({ kind }) => kind === "lead"),
      );
      for (const [key, lead] of leads) conversions.set(key, isGone(lead) ? null : convertedOn(lead));
      const deals = fresh.filter(({ kind }) => kind === "deal");
      const won = await tx.rows<{ connection: string; id: string; won_at: Date }>(
        `select p.connection, p.deal_id as id, p.won_at from purchases p
         join unnest($1::text[], $2::text[]) as t (connection, id) on p.connection = t.connection and p.deal_id = t.id`,
        [deals.map(({ connection }) => connection), deals.map(({ id }) => id)],
      );
      for (const { won_at, ...deal } of won) conversions.set(keyText({ ...deal, kind: "deal" }), won_at.toISOString());
      const buyers = fresh.filter(({ kind }) => kind === "company" || kind === "contact");
      await learnMerges(new Map(buyers.map((key) => [keyText(key), key])));
      const surviving = (key: RecordKey) => ({ ...key, id: survivor(key.connection, key.kind, key.id) });
      const customers = await customersOf(tx, context, buyers.map(surviving));
      const since = new Map(customers.map((each: Customer) => [keyText(each), customerSince(each)]));
      for (const key of buyers) conversions.set(keyText(key), since.get(keyText(surviving(key))) ?? null);
    },
  };
  return context;
};
