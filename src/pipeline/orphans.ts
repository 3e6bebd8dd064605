/** Whom rules reward, and who cannot be told of it: with the reason, and what to do. */
import type { ChannelName } from "../channels/channel.ts";
import type { Rule } from "../engine/index.ts";
import { readPhone } from "../people/read-phone.ts";
import type { Corridor } from "./corridor.ts";
import { addressOn, addressWords, NOT_WANTED, UNREACHABLE } from "./notify-channel.ts";
import { homeOf } from "./recipient-country.ts";

export interface Orphan {
  what: "owner" | "contact" | "manager" | "recipient";
  /** `connection/kind/crm id`; of a recipient in no CRM `people/<id>`. */
  key: string;
  name: string | null;
  /** Deals, for owners and managers; rewards, for recipients who were not told, and where a number cannot be read. */
  records: number;
  /** Rules that reward them. */
  rules: string[];
  reason: "unknown" | "no_address" | "bad_phone" | "not_wanted" | "failed" | "erased" | "no_manager";
  words: string;
  todo: string;
}

const MOST = 1_000;

/** Everybody of whom it is known now; those with the most records first, at most 1,000 of a kind. */
export const listOrphans = async (corridor: Corridor): Promise<Orphan[]> => {
  const { rules } = corridor.rules.current().matcher.book;
  const found = [
    ...(await unreadPhones(corridor, rules)),
    ...(await untold(corridor)),
    ...(await ownersUnreached(corridor, rules)),
    ...(await contactsUnreached(corridor, rules)),
  ];
  // who is listed for a reward that waits needs no second line
  return [
    ...new Map(found.toReversed().map((each) => [`${each.key} ${each.what === "manager"}`, each])).values(),
  ].toReversed();
};

interface Seen {
  connection: string;
  id: string;
  records: number;
  known: boolean;
  name: string | null;
  email: string | null;
  phone: string | null;
  erased: boolean;
  has_manager: boolean;
}

/** The channels on which these rules tell people, as far as they are set up. */
const channelsOf = ({ channels }: Corridor, rules: readonly Rule[]): ChannelName[] =>
  [...new Set(rules.flatMap(({ notify }) => notify))].filter((name) => channels.has(name));

/** Devices are known of recipients only, and those are listed by their rewards. */
const reachedOn = ({ email, phone }: Pick<Seen, "email" | "phone">, channels: readonly ChannelName[]) =>
  channels.some((channel) => addressOn(channel, { id: "", email, phone, has_device: false }) !== null);

const lacking = (channels: readonly ChannelName[]) => [...new Set(channels.map(addressWords))].join(" or ");

const ownersUnreached = async (corridor: Corridor, rules: readonly Rule[]): Promise<Orphan[]> => {
  const theirs = rules.filter(({ parts }) => parts.some(({ to }) => to !== "contact"));
  const channels = channelsOf(corridor, theirs);
  if (channels.length === 0) return [];
  const rows = await corridor.database.rows<Seen>(
    `select d.connection, d.id, d.records, coalesce(r.id, p.id) is not null or u.id is not null as known,
       coalesce(r.name, p.name, u.fields ->> 'name', nullif(concat_ws(' ', u.fields ->> 'first_name', u.fields ->> 'last_name'), '')) as name,
       coalesce(r.email, u.fields ->> 'email') as email, coalesce(r.phone, p.phone, case when r.id is null then u.fields ->> 'phone' end) as phone,
       coalesce(r.erased_at, p.erased_at) is not null or coalesce(u.erased, false) as erased,
       coalesce(r.manager, p.manager) is not null or u.fields ->> 'manager' is not null as has_manager
     from (
       select connection, fields ->> 'owner' as id, count(*)::int as records from records
       where kind = 'deal' and fields ->> 'owner' <> '' and coalesce(fields ->> 'exists', 'true') = 'true'
       group by 1, 2) d
     left join recipient_ids i on i.connection = d.connection and i.kind = 'user' and i.crm_id = d.id
     left join recipients r on r.id = i.recipient_id
     left join records u on u.connection = d.connection and u.kind = 'user' and u.id = d.id
     left join lateral (
       select * from recipients p where r.id is null and lower(p.email) = lower(u.fields ->> 'email') and p.erased_at is null
       order by p.source = 'people.yaml' desc, p.id limit 1) p on true
     order by d.records desc, d.connection, d.id limit $1`,
    [MOST],
  );
  const forManagers = theirs.filter(({ parts }) => parts.some(({ to }) => to === "manager(owner)")).map(({ id }) => id);
  const forOwners = theirs.filter(({ parts }) => parts.some(({ to }) => to !== "manager(owner)")).map(({ id }) => id);
  return rows.flatMap((seen) => {
    const base = { key: `${seen.connection}/user/${seen.id}`, name: seen.name, records: seen.records };
    const manager: Orphan[] =
      forManagers.length > 0 && !seen.has_manager && !seen.erased
        ? [
            {
              ...base,
              what: "manager",
              rules: forManagers,
              reason: "no_manager",
              words: "their manager is not known",
              todo: "name them in people.yaml, as `manager:` of this person",
            },
          ]
        : [];
    if (forOwners.length === 0 || (!seen.erased && reachedOn(seen, channels))) return manager;
    return [
      { ...base, what: "owner" as const, rules: forOwners, ...reasonOf(seen, channels, "people.yaml") },
      ...manager,
    ];
  });
};

const contactsUnreached = async (corridor: Corridor, rules: readonly Rule[]): Promise<Orphan[]> => {
  const theirs = rules.filter(({ parts }) => parts.some(({ to }) => to === "contact"));
  const channels = channelsOf(corridor, theirs);
  if (channels.length === 0) return [];
  const rows = await corridor.database.rows<Seen>(
    `select c.connection, c.id, c.records, u.id is not null as known, coalesce(r.name, nullif(concat_ws(' ', u.fields ->> 'first_name', u.fields ->> 'last_name'), '')) as name,
       coalesce(r.email, u.fields ->> 'email') as email, coalesce(r.phone, case when r.id is null then u.fields ->> 'phone' end) as phone,
       r.erased_at is not null or coalesce(u.erased, false) as erased, true as has_manager
     from (
       select connection, substr(e.key, 9) as id, count(*)::int as records from records, jsonb_each(fields) e
       where kind = 'deal' and e.key like 'contact:%' and e.value = 'true' and coalesce(fields ->> 'exists', 'true') = 'true'
       group by 1, 2) c
     left join records u on u.connection = c.connection and u.kind = 'contact' and u.id = c.id
     left join recipient_ids i on i.connection = c.connection and i.kind = 'contact' and i.crm_id = c.id
     left join recipients r on r.id = i.recipient_id
     where ($2 and coalesce(r.email, u.fields ->> 'email') is null or not $2) and ($3 and coalesce(r.phone, case when r.id is null then u.fields ->> 'phone' end) is null or not $3)
     order by c.records desc, c.connection, c.id limit $1`,
    [MOST, channels.includes("email"), channels.some((channel) => channel !== "email")],
  );
  return rows
    .filter((seen) => seen.erased || !reachedOn(seen, channels))
    .map((seen) => ({
      what: "contact",
      key: `${seen.connection}/contact/${seen.id}`,
      name: seen.name,
      records: seen.records,
      rules: theirs.map(({ id }) => id),
      ...reasonOf(seen, channels, "the CRM"),
    }));
};

const reasonOf = (
  seen: Seen,
  channels: readonly ChannelName[],
  where: "people.yaml" | "the CRM",
): Pick<Orphan, "reason" | "words" | "todo"> => {
  if (seen.erased)
    return {
      reason: "erased",
      words: "asked to be forgotten",
      todo: "nothing: rewards for them are not given; give their records another owner where they left",
    };
  if (!seen.known)
    return {
      reason: "unknown",
      words: "the CRM names this id, and nobody knows who it is",
      todo:
        where === "people.yaml"
          ? "list them in people.yaml with their id under `crm:`, or let the connection read users"
          : "let the connection read contacts",
    };
  return {
    reason: "no_address",
    words: `no ${lacking(channels)} is known`,
    todo: `put one into ${where === "people.yaml" ? "the CRM or people.yaml" : where}: messages that wait go out by themselves`,
  };
};

/** Recipients whose number stands in the CRM and cannot be read, where a rule tells people by phone. */
const unreadPhones = async (corridor: Corridor, rules: readonly Rule[]): Promise<Orphan[]> => {
  const byPhone = rules.filter(({ notify }) => notify.some((name) => name === "sms" || name === "whatsapp"));
  if (!channelsOf(corridor, byPhone).some((name) => name === "sms" || name === "whatsapp")) return [];
  const rows = await corridor.database.rows<{
    key: string;
    kind: "user" | "contact" | "lead";
    name: string | null;
    phone: string;
    time_zone: string | null;
    records: number;
  }>(
    `select i.connection || '/' || i.kind || '/' || i.crm_id as key, i.kind, r.name, u.fields ->> 'phone' as phone,
       coalesce(r.time_zone, u.fields ->> 'time_zone') as time_zone, (select count(*)::int from grants g where g.recipient_id = r.id) as records
     from recipient_ids i join recipients r on r.id = i.recipient_id
     join records u on u.connection = i.connection and u.kind = i.kind and u.id = i.crm_id
     where r.phone is null and r.erased_at is null and u.fields ->> 'phone' <> ''
     order by records desc, 1 limit $1`,
    [MOST],
  );
  return rows.flatMap(({ key, kind, name, phone, time_zone, records }) => {
    const read = readPhone(phone, homeOf(time_zone, corridor.workspace));
    if (read.ok) return [];
    return [
      {
        what: kind === "user" ? ("owner" as const) : ("contact" as const),
        key,
        name,
        records,
        rules: byPhone.map(({ id }) => id),
        reason: "bad_phone" as const,
        words: `the CRM's phone number ${JSON.stringify(phone)} cannot be read: ${read.why}`,
        todo: "correct it in the CRM, with its country code; or set workspace.country in accolade.yaml",
      },
    ];
  });
};

/** Recipients of rewards that are there, or were decided on, of whom nobody could be told. */
const untold = async ({ database }: Corridor): Promise<Orphan[]> => {
  const rows = await database.rows<{
    key: string;
    name: string | null;
    records: number;
    rules: string[];
    waiting: string;
    erased: boolean;
    kind: "rep" | "customer";
  }>(
    `select min(g.recipient_key) as key, r.name, r.kind, count(*)::int as records, array_agg(distinct g.rule_id) as rules, max(g.waiting) as waiting,
       r.erased_at is not null as erased
     from grants g join recipients r on r.id = g.recipient_id
     where g.state in ('issued', 'declined', 'expired') and g.waiting is not null
     group by r.id order by count(*) desc, 1 limit $1`,
    [MOST],
  );
  return rows.map(({ waiting, erased, kind, ...row }) => {
    const place = kind === "rep" ? "the CRM or people.yaml" : "the CRM";
    if (erased)
      return { ...row, what: "recipient", reason: "erased", words: "asked to be forgotten", todo: "nothing" } as const;
    if (waiting.startsWith(NOT_WANTED))
      return {
        ...row,
        what: "recipient",
        reason: "not_wanted",
        words: waiting,
        todo: "nothing: it is their wish, and the reward stays on their page; tell them of it yourself if you may",
      } as const;
    if (waiting.startsWith(UNREACHABLE))
      return {
        ...row,
        what: "recipient",
        reason: "no_address",
        words: waiting,
        todo: `put an address into ${place}, or set up a channel for which there is one: the message then goes out by itself`,
      } as const;
    return {
      ...row,
      what: "recipient",
      reason: "failed",
      words: waiting,
      todo: `correct the address in ${place}; \`accolade rules explain\` says what each channel answered`,
    } as const;
  });
};
