/**
 * What a run came to: what the CRMs had accepted, beside what was granted, what the vendors received, what the messages
 * say of themselves, and the ledger. Each difference is a line for a person; none is what the promises ask for.
 */
import type { Sql } from "../../src/db/sql.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import type { Corridor } from "../../src/pipeline/corridor.ts";
import { expectedGrants } from "../../src/simulate/expected.ts";
import { compare as compareGrants, grantsOf, rewardedOnce } from "../../src/simulate/granted.ts";
import type { Story } from "./story.ts";
import type { Vendors } from "./vendors.ts";

export interface Compared {
  /** Grants that the story calls for. */
  expected: number;
  granted: number;
  /** Orders at Tremendous, and codes that were given. */
  orders: number;
  messages: ReadonlyMap<string, number>;
  differences: string[];
}

const MOST = 20;

export const compare = async (corridor: Corridor, story: Story, vendors: Vendors): Promise<Compared> => {
  const { database } = corridor;
  const expected = await expectedGrants(corridor, story.facts);
  const granted = await grantsOf(database, [...story.facts.keys()]);
  const once = new Set(expected.filter(({ oncePerRecipient }) => oncePerRecipient).map(({ ruleId }) => ruleId));
  const grants = compareGrants(expected, granted, await rewardedOnce(database, [...once]));
  const { faults } = await database.transaction(verifyLedger);
  const differences = [
    ...grants.missing.map((line) => `lost: ${line}`),
    ...grants.extra.map((line) => `too many: ${line}`),
    ...grants.otherValue.map((line) => `another value: ${line}`),
    ...(await parked(database)),
    ...(await cards(database, vendors)),
    ...(await codes(database)),
    ...(await messagesIn(database, vendors)),
    ...faults.map(({ kind, about, problem }) => `ledger, ${kind} ${about}: ${problem}`),
  ];
  const states = await database.rows<{ state: string; n: number }>(
    "select state, count(*)::int as n from messages group by 1 order by 1",
  );
  return {
    expected: grants.expected,
    granted: grants.granted,
    orders: vendors.tremendous.orders.length,
    messages: new Map(states.map(({ state, n }) => [state, n])),
    differences:
      differences.length > MOST
        ? [...differences.slice(0, MOST), `and ${differences.length - MOST} more`]
        : differences,
  };
};

/** Nothing that a CRM sent was beyond understanding. */
const parked = async (sql: Sql): Promise<string[]> => {
  const rows = await sql.rows<{ what: string; reason: string | null }>(
    `select 'delivery ' || id as what, reason from inbox where state = 'parked'
     union all select 'event ' || id, reason from events where state = 'parked'`,
  );
  return rows.map(({ what, reason }) => `parked: ${what}: ${reason}`);
};

/** Never two orders that stand for one grant, none that nobody asked for, and one for each reward that was issued. */
const cards = async (sql: Sql, { tremendous }: Vendors): Promise<string[]> => {
  const grants = await sql.rows<{ id: string; state: string; keys: string[]; present: string | null; due: boolean }>(
    `select g.id, g.state, o.request ->> 'key' as present, g.undone_at is null as due,
       array_remove(array_agg(p.request ->> 'key') || (o.request ->> 'key'), null) as keys
     from grants g left join orders o on o.grant_id = g.id left join orders_past p on p.grant_id = g.id
     where g.rule_id = 'cards' group by g.id, o.request`,
  );
  const standing = Map.groupBy(
    tremendous.orders.filter(({ status }) => status !== "CANCELED"),
    ({ body }) => body.external_id,
  );
  const lines: string[] = [];
  const known = new Set<string>();
  for (const { id, state, keys, due } of grants) {
    for (const key of keys) known.add(key);
    const orders = keys.flatMap((key) => standing.get(key) ?? []);
    if (orders.length > 1) lines.push(`paid twice: grant ${id} has ${orders.length} orders that stand`);
    if (state === "issued" && orders.length === 0) lines.push(`not paid: grant ${id} is issued, and no order stands`);
    if (state !== "issued" && due && orders.length > 0) lines.push(`grant ${id} is ${state}, and an order stands`);
  }
  for (const key of standing.keys()) if (!known.has(key)) lines.push(`an order that nobody asked for: ${key}`);
  return lines;
};

/** One code for each order of one, and none twice. */
const codes = async (sql: Sql): Promise<string[]> => {
  const rows = await sql.rows<{ id: string; state: string; codes: number }>(
    `select g.id, g.state, count(c.id)::int as codes from grants g
     left join (select grant_id, request from orders union all select grant_id, request from orders_past) o on o.grant_id = g.id
     left join codes c on c.order_key::text = o.request ->> 'key'
     where g.provider = 'codes' group by g.id`,
  );
  return rows.flatMap(({ id, state, codes: given }) => [
    ...(given > 1 ? [`paid twice: grant ${id} has ${given} codes`] : []),
    ...(state === "issued" && given === 0 ? [`not paid: grant ${id} is issued, and has no code`] : []),
  ]);
};

const ends = new Set(["sent", "delivered", "read", "failed", "skipped", "unknown"]);

/** Each message was sent once at most, is where it says that it is, and every reward that was issued was told of, or says why not. */
const messagesIn = async (sql: Sql, { smtp, twilio }: Vendors): Promise<string[]> => {
  const rows = await sql.rows<{ id: string; channel: string; state: string; reason: string | null }>(
    "select id, channel, state, reason from messages",
  );
  const mails = new Map<string, number>();
  for (const { mail, refused } of smtp.received) {
    if (refused) continue;
    const id = /^<([^@]+)@/.exec(mail.messageId ?? "")?.[1] ?? "";
    mails.set(id, (mails.get(id) ?? 0) + 1);
  }
  const texts = new Map<string, number>();
  for (const { form } of twilio.messages) {
    const id = new URL(form.StatusCallback ?? "").searchParams.get("message") ?? "";
    texts.set(id, (texts.get(id) ?? 0) + 1);
  }
  const lines = rows.flatMap(({ id, channel, state, reason }) => {
    const arrived = (channel === "email" ? mails : texts).get(id) ?? 0;
    const taken = state === "sent" || state === "delivered" || state === "read";
    return [
      ...(ends.has(state) ? [] : [`message ${id} is still ${state}`]),
      ...(!taken && reason === null ? [`message ${id} is ${state}, and does not say why`] : []),
      ...(taken && arrived === 0 ? [`message ${id} is ${state}, and its vendor never saw it`] : []),
      ...(arrived > 1 ? [`sent twice: message ${id} reached its vendor ${arrived} times`] : []),
    ];
  });
  const silent = await sql.rows<{ id: string }>(
    "select id from grants g where state = 'issued' and waiting is null and not exists (select from messages m where m.grant_id = g.id)",
  );
  return [...lines, ...silent.map(({ id }) => `grant ${id} was issued, and nobody was told`)];
};
