/** One reward's whole way, from what came in to what went out: for the first scene, and for whoever asks. */
import type { FactValue } from "../events.ts";
import { type Money, moneyFromMajor } from "../money.ts";
import type { Situation } from "../situation.ts";
import type { Corridor } from "./corridor.ts";
import { titleIn, titlesOf } from "./grant-view.ts";

/** What came in. */
export interface Arrival {
  connection: string;
  /** The CRM's name, as people know it: HubSpot. */
  crm: string;
  milestone: string;
  kind: string;
  /** The deal's or person's name; the CRM's id where nobody knows a name. */
  subject: string;
  /** Of a deal, as the CRM has it. */
  amount: Money | null;
  /** The event whose arrival showed it, for `rules explain`. */
  eventId: number | null;
}

export interface Journey extends Arrival {
  grantId: string;
  ruleId: string;
  state: string;
  value: Money;
  /** The reward's title, in the workspace's language. */
  reward: string;
  recipient: string;
  /** The channel and sender of the newest message, and its state; null where nobody was told yet. */
  channel: string | null;
  sender: string | null;
  messageState: string | null;
  waiting: string | null;
  /** From the request to the message; null while it is under way. */
  ms: number | null;
}

interface ArrivalRow {
  connection: string;
  milestone: string;
  kind: string;
  id: string;
  eventId: number | null;
  fields: Readonly<Record<string, FactValue>> | null;
}

type JourneyRow = ArrivalRow &
  Omit<Journey, keyof Arrival | "value" | "reward"> & {
    minor: number;
    currency: string;
    rule_version: number;
    reward_id: string;
  };

const arrivalColumns = `m.connection, m.type as milestone, m.subject_kind as kind, m.subject_id as id, m.event_id as "eventId", r.fields`;
const withRecord =
  "left join records r on r.connection = m.connection and r.kind = m.subject_kind and r.id = m.subject_id";

/** Journeys of grants that hang on deliveries received at or after `since`, in the order in which they came in. */
export const journeysSince = async (corridor: Corridor, since: Date): Promise<Journey[]> => {
  const rows = await corridor.database.rows<JourneyRow>(
    `select ${arrivalColumns}, g.id as "grantId", g.rule_id as "ruleId", g.state, g.value_minor as minor, g.currency,
       g.reward_id, g.rule_version, coalesce(p.name, p.email, g.recipient_key) as recipient, n.channel, n.sender,
       n.state as "messageState", g.waiting, extract(epoch from n.sent_at - g.granted_at)::float8 * 1000 as ms
     from grants g join milestones m on m.id = g.milestone_id join recipients p on p.id = g.recipient_id ${withRecord}
     left join lateral (
       select channel, sender, state, sent_at from messages where grant_id = g.id and kind <> 'celebration' order by created_at desc, id limit 1) n on true
     where g.granted_at >= $1 order by m.event_id, g.rule_id, g.part`,
    [since],
  );
  return Promise.all(
    rows.map(async (row) => {
      const { minor, currency, rule_version, reward_id, id: _, fields: __, ...rest } = row;
      const titles = await titlesOf(corridor, corridor.database, { rule_id: row.ruleId, rule_version, reward_id });
      const reward = titleIn(corridor, titles.reward ?? titles.rule, corridor.workspace.language);
      return { ...rest, ...arrival(corridor, row), value: { minor, currency }, reward };
    }),
  );
};

export interface Quiet extends Arrival {
  /** Why it led to no reward, in words. */
  why: string;
}

/** Milestones of these types that came in at or after `since` and led to no reward. */
export const quietSince = async (corridor: Corridor, since: Date, types: readonly string[]): Promise<Quiet[]> => {
  const rows = await corridor.database.rows<
    ArrivalRow & { rule_version: number; situation: Situation | Record<string, never> }
  >(
    `select ${arrivalColumns}, m.rule_version, m.situation
     from milestones m join events e on e.id = m.event_id ${withRecord}
     where e.received_at >= $1 and m.type = any ($2) and not m.withdrawn
       and not exists (select from grants g where g.milestone_id = m.id)
     order by m.event_id`,
    [since, types],
  );
  return Promise.all(
    rows.map(async (row) => {
      const { matcher } = await corridor.rules.version(row.rule_version, corridor.database);
      const traces = "milestone" in row.situation ? matcher.explain(row.situation as Situation) : [];
      const near = traces.find((trace) => trace.verdict === "not_matched");
      const unmet = near?.lines.find((line) => !line.held);
      const why = unmet ? `rule ${near?.rule} asks for ${unmet.text}` : `no rule listens to ${row.milestone}`;
      return { ...arrival(corridor, row), why };
    }),
  );
};

const arrival = ({ connections, workspace }: Corridor, row: ArrivalRow): Arrival => {
  const { connection, milestone, kind, id, eventId } = row;
  const field = (name: string) => row.fields?.[name] ?? null;
  const amount = field("amount");
  const currency = field("currency") ?? workspace.currency;
  const person = [field("first_name"), field("last_name")].filter((part) => part !== null).join(" ");
  return {
    connection,
    crm: connections.get(connection)?.connector.label ?? connection,
    milestone,
    kind,
    subject: String(field("name") ?? (person || id)),
    amount: typeof amount === "number" ? (moneyFromMajor(amount, String(currency)) ?? null) : null,
    eventId,
  };
};
