/**
 * The keys of a rule file. Each schema's message says what was expected, as it stands behind "expected" in a problem.
 * A rule or reward is read key by key, so that one mistake does not hide the next.
 */
import { z } from "zod";
import type { ChannelName } from "../channels/channel.ts";
import type { RecipientRole } from "./rule-book.ts";

// Spelled as a record, so that a new channel or role cannot be forgotten here.
const channels = Object.keys({ email: true, sms: true, whatsapp: true } satisfies Record<
  ChannelName,
  true
>) as ChannelName[];
const roles = Object.keys({ owner: true, contact: true, "manager(owner)": true } satisfies Partial<
  Record<RecipientRole, true>
>) as RecipientRole[];

const text = (expected: string) => z.string({ error: expected }).trim().min(1, { error: expected });
const id = (of: string) => {
  const expected = `an id for the ${of}: small letters, digits, \`-\` and \`_\`, such as \`big-deal\``;
  return z.string({ error: expected }).regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, { error: expected });
};

const titleWords = "a title: a text, or one for each language as `{ en: …, it: … }`";
const Title = z.union(
  [
    text(titleWords),
    z
      .record(z.string().regex(/^[a-z]{2}$/), text(titleWords))
      .refine((titles) => Object.keys(titles).length > 0, { error: titleWords }),
  ],
  { error: titleWords },
);

const valueWords = "an amount with its currency, such as `100 EUR` or `50 points`";
const computedWords =
  'an amount such as `100 EUR` or `50 points`, or `{ expression: "deal.amount * 0.01", currency: EUR, cap: 500 EUR }`';

export const topShape = {
  rewards: z.array(z.unknown(), { error: "a list of rewards, each beginning with `- id:`" }).nullish(),
  rules: z.array(z.unknown(), { error: "a list of rules, each beginning with `- id:`" }).nullish(),
};

export const rewardShape = {
  id: id("reward"),
  title: Title,
  provider: text("a provider, by its id in accolade.yaml"),
  value: text(valueWords).optional(),
};

export const computedShape = {
  expression: text("an expression that gives a number, such as `deal.amount * 0.01`"),
  currency: text("a currency, such as `EUR`, or `points`"),
  cap: text(`the most that it may give: ${valueWords}`).optional(),
};

export const partShape = {
  to: z.enum(roles, { error: `a recipient: ${roles.join(", ")}` }),
  give: text("a reward, by its id"),
  value: z.union([text(computedWords), z.record(z.string(), z.unknown())], { error: computedWords }).optional(),
};

const rewardWords = "who gets what: `{ to: owner, give: coffee }`, or a list of that";
const channelWords = `a list of channels: ${channels.join(", ")}`;

export const ruleShape = {
  id: id("rule"),
  title: Title,
  kpi: text("the goal that the rule serves, such as `close_rate`").optional(),
  on: text("a milestone, such as `deal.won`"),
  where: z
    .union([z.string(), z.array(z.unknown())], { error: "a list of conditions, such as `- deal.amount >= 1000`" })
    .optional(),
  reward: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).min(1, { error: rewardWords })], {
    error: rewardWords,
  }),
  notify: z
    .union([z.string(), z.array(z.unknown()).min(1, { error: channelWords })], { error: channelWords })
    .optional(),
  once: text("how often, such as `per deal`").optional(),
  from: text("a day such as `2026-10-01`, or a moment such as `2026-10-01T09:00:00Z`").optional(),
  until: text("a day such as `2027-01-01`, or a moment such as `2027-01-01T09:00:00Z`").optional(),
  mode: z.enum(["active", "shadow"], { error: "`active` or `shadow`" }).optional(),
};

export const channelNames: readonly ChannelName[] = channels;
export const roleNames: readonly RecipientRole[] = roles;

/** Keys and milestones that later versions bring. An admin who writes one is told so, not that it is unknown. */
export const comingKeys: ReadonlySet<string> = new Set([
  "budgets",
  "hold",
  "limits",
  "budget",
  "approval",
  "metric",
  "clawback",
]);
