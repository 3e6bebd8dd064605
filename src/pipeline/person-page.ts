/** What a recipient sees on their own page: all their rewards, their points and what is offered for them, and what they want. */
import { randomUUID } from "node:crypto";
import type { ChannelName } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import type { GrantState } from "../ledger/grant-states.ts";
import type { Money } from "../money.ts";
import type { Refused } from "../people/may-tell.ts";
import { type QuietHours, readQuietHours, zoneOf } from "../people/quiet-hours.ts";
import type { Recipient } from "../people/recipients.ts";
import type { Situation } from "../situation.ts";
import { writeClaimToken } from "./claim-token.ts";
import type { Corridor } from "./corridor.ts";
import { firstNameOf, languageOf, titleIn, titlesOf } from "./grant-view.ts";
import { addressOn, wishesOf } from "./notify-channel.ts";
import { readPersonToken } from "./person-token.ts";
import { costOf, needsApproval, pointsOf } from "./redeem.ts";

export interface PersonPage {
  /** BCP 47. */
  language: string;
  /** IANA name: theirs, else the workspace's. */
  timeZone: string;
  firstName: string | null;
  workspaceName: string;
  /** Newest first. */
  rewards: {
    /** Of the page of this reward. */
    token: string;
    title: string;
    rule: string;
    /** The name of what it was for: `Rossi`; null where none is known. */
    about: string | null;
    worth: Money;
    state: GrantState;
    /** ISO 8601, UTC. */
    grantedAt: string;
    /** Their message waits for the end of quiet hours. */
    tellAt: string | null;
  }[];
  /** Points that they can spend; null where they never had any and nothing is offered. */
  points: number | null;
  offers: {
    id: string;
    title: string;
    worth: Money;
    cost: number;
    left: number | null;
    open: "yes" | "no_points" | "no_stock" | "no_budget";
    /** Somebody must approve before it is ordered. */
    approved: boolean;
  }[];
  /** Of the forms of this page: the same form sent twice is one wish. */
  formKey: string;
  settings: PersonSettings;
  devices: number;
}

export interface PersonSettings {
  channels: { channel: ChannelName; on: boolean; address: string; why: "left" | "fails" | "not_agreed" | null }[];
  preferred: ChannelName | null;
  /** Their own word; null: as the company has it. */
  language: string | null;
  timeZone: string | null;
  /** Null: the workspace's, which is `usual`. */
  quietHours: QuietHours | "off" | null;
  usual: QuietHours | "off";
  private: boolean;
}

/** Whose page a token opens. Undefined for one that is not ours, ended, was revoked, or belongs to who was forgotten. */
export const personBehind = async (
  { database, sealer, now }: Pick<Corridor, "database" | "sealer" | "now">,
  token: string,
): Promise<{ recipient: Recipient; expiresAt: Date } | undefined> => {
  const behind = await everBehind({ database, sealer }, token);
  return behind && behind.expiresAt > now() ? behind : undefined;
};

const everBehind = async ({ database, sealer }: Pick<Corridor, "database" | "sealer">, token: string) => {
  const read = readPersonToken(sealer, token);
  const recipient =
    read &&
    (await database.row<Recipient>(
      "select * from recipients where id = $1 and link_version = $2 and erased_at is null and source <> 'joined'",
      [read.id, read.version],
    ));
  return recipient && { recipient, expiresAt: read.expiresAt };
};

/** What to say of a link that was good until its time was over; undefined for every other. */
export const endedPerson = async (
  corridor: Corridor,
  token: string,
): Promise<{ language: string; workspaceName: string } | undefined> => {
  const behind = await everBehind(corridor, token);
  if (!behind || behind.expiresAt > corridor.now()) return undefined;
  return { language: languageOf(corridor, behind.recipient), workspaceName: corridor.workspace.name };
};

/** The page behind a token. Looking changes nothing. */
export const viewPerson = async (corridor: Corridor, token: string): Promise<PersonPage | undefined> => {
  const behind = await personBehind(corridor, token);
  if (!behind) return undefined;
  const { recipient, expiresAt } = behind;
  const { database, workspace } = corridor;
  const language = languageOf(corridor, recipient);
  const points = await pointsOf(database, recipient.id);
  const offers = await offersFor(corridor, database, language, points);
  const devices = await database.row<{ n: number }>(
    "select count(*)::int as n from push_subscriptions where recipient_id = $1",
    [recipient.id],
  );
  const hadPoints = await database.row("select from ledger_accounts where code = $1", [`points:${recipient.id}`]);
  return {
    language,
    timeZone: zoneOf(recipient.time_zone, workspace.timeZone),
    firstName: firstNameOf(recipient),
    workspaceName: workspace.name,
    rewards: await rewardsOf(corridor, database, recipient.id, language, expiresAt),
    points: hadPoints || offers.length > 0 ? points : null,
    offers,
    formKey: randomUUID(),
    settings: await settingsOf(corridor, database, recipient, devices?.n ?? 0),
    devices: devices?.n ?? 0,
  };
};

const MOST_REWARDS = 100;

interface RewardRow {
  id: string;
  rule_id: string;
  rule_version: number;
  reward_id: string;
  minor: number;
  currency: string;
  state: GrantState;
  claim_version: number;
  granted_at: Date;
  tell_at: Date | null;
  situation: Partial<Situation>;
}

const rewardsOf = async (corridor: Corridor, sql: Sql, id: string, language: string, expiresAt: Date) => {
  const rows = await sql.rows<RewardRow>(
    `select g.id, g.rule_id, g.rule_version, g.reward_id, g.value_minor as minor, g.currency, g.state, g.claim_version, g.granted_at,
       (select max(quiet_until) from messages m where m.grant_id = g.id and m.state = 'queued' and m.quiet_until > $3) as tell_at, m.situation
     from grants g join milestones m on m.id = g.milestone_id
     where g.recipient_id = $1 and g.state <> 'shadow' order by g.granted_at desc, g.id limit $2`,
    [id, MOST_REWARDS, corridor.now()],
  );
  return Promise.all(
    rows.map(async (row) => {
      const titles = await titlesOf(corridor, sql, row);
      return {
        token: writeClaimToken(corridor.sealer, { grantId: row.id, version: row.claim_version, expiresAt }),
        title: titleIn(corridor, titles.reward ?? titles.rule, language),
        rule: titleIn(corridor, titles.rule, language),
        about: row.situation.deal?.name ?? row.situation.company?.name ?? null,
        worth: { minor: row.minor, currency: row.currency },
        state: row.state,
        grantedAt: row.granted_at.toISOString(),
        tellAt: row.tell_at?.toISOString() ?? null,
      };
    }),
  );
};

const offersFor = async (
  corridor: Corridor,
  sql: Sql,
  language: string,
  points: number,
): Promise<PersonPage["offers"]> => {
  const { offers } = corridor.rules.current().matcher.book;
  const rows = await sql.rows<{ offer_id: string; taken: number }>("select offer_id, taken from offer_takes");
  const taken = new Map(rows.map(({ offer_id, taken: n }) => [offer_id, n]));
  const shown: PersonPage["offers"] = [];
  for (const offer of offers) {
    const { id, give, value, cost, stock } = offer;
    const left = stock === null ? null : Math.max(0, stock - (taken.get(id) ?? 0));
    const paid = offer.budget === null || (await costOf(corridor, sql, offer)) !== undefined;
    const open = left === 0 ? "no_stock" : !paid ? "no_budget" : points < cost.minor ? "no_points" : "yes";
    const title = titleIn(corridor, give.title, language);
    shown.push({
      id,
      title,
      worth: value,
      cost: cost.minor,
      left,
      open,
      approved: needsApproval(corridor.workspace, offer, corridor.now()),
    });
  }
  return shown;
};

const settingsOf = async (
  corridor: Corridor,
  sql: Sql,
  recipient: Recipient,
  devices: number,
): Promise<PersonSettings> => {
  const { channels: open, workspace } = corridor;
  const withDevices = { ...recipient, has_device: devices > 0 };
  const answers = await wishesOf(corridor, sql, withDevices, [...open.keys()], "reward");
  const own = await sql.rows<{ field: string; value: string }>(
    "select field, value from person_words where recipient_id = $1 and source = 'own'",
    [recipient.id],
  );
  const word = (field: string) => own.find((each) => each.field === field)?.value ?? null;
  return {
    channels: [...answers].map(([channel, answer]) => {
      const address = masked(addressOn(channel, withDevices) ?? "");
      if (!("refused" in answer)) return { channel, address, on: true, why: null };
      return { channel, address, on: false, why: whyOff[answer.refused] ?? "left" };
    }),
    preferred: [...open.keys()].find((channel) => channel === recipient.preferred_channel) ?? null,
    language: word("language"),
    timeZone: word("time_zone"),
    quietHours: readQuietHours(recipient.quiet_hours),
    usual: workspace.quietHours,
    private: recipient.private,
  };
};

const whyOff: Partial<Record<Refused["refused"], "fails" | "not_agreed">> = {
  address: "fails",
  not_agreed: "not_agreed",
};

/** Enough to know one's own by: `g…@acme.example`, `+39…67`. A link may have been passed on. */
const masked = (address: string): string => {
  const [name = "", host] = address.split("@");
  return host === undefined ? `${address.slice(0, 3)}…${address.slice(-2)}` : `${name.slice(0, 1)}…@${host}`;
};
