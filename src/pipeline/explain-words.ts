/** Explanations as lines of text, in English or Italian: for a terminal, for an approver, for a recipient who asks. */
import { DateTime } from "luxon";
import { type MoveReason, moveReasonInWords } from "../ledger/move-reasons.ts";
import { undoneInWords } from "../ledger/undone.ts";
import { formatMoney } from "../money.ts";
import { zoneOf } from "../people/quiet-hours.ts";
import { inWords } from "../wordings.ts";
import type { Explanation, GrantExplanation } from "./explain.ts";
import type { RecipientExplanation } from "./explain-recipient.ts";
import type { RuleExplanation } from "./explain-rule.ts";
import type { Words } from "./explain-texts/index.ts";
import type {
  ExplainedGrant,
  ExplainedLine,
  ExplainedMilestone,
  ExplainedPart,
  ExplainedRule,
  ExplainedStop,
  Standing,
} from "./explain-types.ts";
import { placeOf } from "./quiet-until.ts";

export interface Teller {
  words: Words;
  /** IANA name: what moments are shown in. */
  timeZone: string;
}

export const eventLines = (teller: Teller, { event, milestones }: Explanation): string[] => {
  const { say } = teller.words;
  const head = [
    say("event", {
      ...event,
      at: moment(teller, event.occurredAt.toISOString()),
      reason: "",
      state: "",
      occurredAt: "",
      receivedAt: "",
    }),
  ];
  if (event.state === "parked") head.push(say("parked", { reason: event.reason }));
  else if (event.state !== "decided")
    head.push(event.reason ? say("notDecidedWhy", { reason: event.reason }) : say("notDecided"));
  else if (milestones.length === 0) head.push(say("noMilestone"));
  return [...head, ...milestones.flatMap((each) => ["", ...milestoneLines(teller, each)])];
};

export const grantLines = (teller: Teller, { grant, milestone, moves, writeBacks }: GrantExplanation): string[] => {
  const { say } = teller.words;
  return [
    grantHead(teller, grant),
    ...standingLines(teller, grant.standing, "  "),
    "",
    ...milestoneLines(teller, milestone),
    "",
    `${say("history")}:`,
    ...moves.map(
      ({ to, why, reason, at, actor }) =>
        `  ${moment(teller, at.toISOString())}  ${stateWord(teller, to)}  (${actor}: ${whyWords(teller, why, reason)})`,
    ),
    ...writeBacks.map(({ connection, what, state, reason }) =>
      [`  ${say("writeBack", { connection, what, state })}`, ...(reason === null ? [] : [reason])].join(": "),
    ),
  ];
};

export const recipientLines = (teller: Teller, explained: RecipientExplanation): string[] => {
  const { say } = teller.words;
  const { recipient, grants, stops, rules } = explained;
  const known = [recipient.email, ...recipient.keys].filter((each) => each !== null && each !== recipient.name);
  return [
    `${recipient.name ?? recipient.email ?? recipient.id}${known.length > 0 ? ` (${known.join(", ")})` : ""}`,
    "",
    grants.length === 0 ? say("noGrants") : `${say("theirGrants")}:`,
    ...grants.flatMap((grant) => [
      `  ${grantHead(teller, grant)}, ${say("rule", { rule: grant.rule })}`,
      ...standingLines(teller, grant.standing, "    "),
    ]),
    ...(stops.length > 0
      ? [
          "",
          `${say("theirStops")}:`,
          ...stops.map(
            (stop) => `  ${stop.rule}: ${formatMoney(stop.value, teller.words.language)}, ${stopWords(teller, stop)}`,
          ),
        ]
      : []),
    "",
    `${say("theirRules")}:`,
    ...rules.flatMap(({ rule, on, grants: n, nearest }) => {
      const sofar = n > 0 ? ` (${say("gotSome", { n })})` : "";
      if (!nearest) return [`  ${rule}${sofar}: ${say("nothingOfKind", { on })}`];
      const [judged] = nearest.rules;
      const { type, subject, occurredAt } = nearest;
      return [
        `  ${rule}${sofar}: ${say("milestone", { type, subject, at: moment(teller, occurredAt) })}`,
        ...(judged ? ruleLines(teller, judged).map((line) => `  ${line}`) : []),
      ];
    }),
  ];
};

export const ruleReportLines = (teller: Teller, explained: RuleExplanation): string[] => {
  const { say } = teller.words;
  const { rule, on, since, seen, matched, lines, grants, stopped, newest } = explained;
  const reasons: Record<string, string> = {
    once: say("reasonOnce"),
    limit: say("reasonLimit"),
    budget: say("reasonBudget"),
  };
  return [
    `${say("ruleHead", { rule, on })}${since ? `, ${say("ruleSince", { at: moment(teller, since) })}` : ""}`,
    say("ruleSeen", { seen, matched }),
    ...lines.map(
      ({ text, failed, alone }) => `  ${failed === 0 ? "✓" : "✗"} ${text}   ${say("ruleLine", { failed, alone })}`,
    ),
    ...(grants.length > 0
      ? [`${say("ruleGrants")}: ${grants.map(({ state, n }) => `${n} ${stateWord(teller, state)}`).join(", ")}`]
      : []),
    ...(stopped.length > 0
      ? [`${say("ruleStops")}: ${stopped.map(({ reason, n }) => `${n} ${reasons[reason] ?? reason}`).join(", ")}`]
      : []),
    ...newest.grants.flatMap((grant) => [
      `  ${grantHead(teller, grant)}`,
      ...standingLines(teller, grant.standing, "    "),
    ]),
    ...newest.stops.map((stop) => `  ${stop.recipient}: ${stopWords(teller, stop)}`),
  ];
};

const milestoneLines = (teller: Teller, milestone: ExplainedMilestone): string[] => {
  const { say } = teller.words;
  const { type, subject, occurredAt, withdrawn, window, rules } = milestone;
  const listening = rules.filter((rule) => rule.verdict !== "not_listening");
  const others = rules.length - listening.length;
  const head = say("milestone", { type, subject, at: moment(teller, occurredAt) });
  return [
    withdrawn ? `${head} — ${say("withdrawn")}` : head,
    ...(window?.ended
      ? [`  ${say("windowEnded", { from: day(teller, window.from), until: day(teller, window.until, -1) })}`]
      : []),
    ...listening.flatMap((rule) => ruleLines(teller, rule)),
    ...(others > 0 ? [`  ${say("others", { n: others })}`] : []),
  ];
};

const ruleLines = (teller: Teller, { rule, verdict, lines, parts }: ExplainedRule): string[] => [
  `  ${rule}: ${teller.words.texts.verdict[verdict]}`,
  ...lines.map((line) => `    ${lineWords(teller, line)}`),
  ...parts.flatMap((part) => partLines(teller, part)),
];

const lineWords = ({ words }: Teller, { text, held, saw, error, missedBy }: ExplainedLine): string => {
  const number = new Intl.NumberFormat(words.language, { maximumFractionDigits: 4, useGrouping: "always" });
  const seen = Object.entries(saw).map(
    ([path, value]) =>
      `${path} = ${value === null || value === undefined ? words.say("unknown") : JSON.stringify(value)}`,
  );
  const far =
    missedBy && missedBy.by > 0
      ? `: ${words.say("missedBy", { by: number.format(missedBy.by), less: missedBy.seen < missedBy.asked ? "yes" : "no" })}`
      : "";
  const why = error ?? `${seen.join(", ")}${far}`;
  return `${held ? "✓" : "✗"} ${text}${why === "" ? "" : `   ${why}`}`;
};

const partLines = (teller: Teller, part: ExplainedPart): string[] => {
  const { say, language } = teller.words;
  const { to } = part;
  switch (part.kind) {
    case "grant": {
      const { grant, earlier } = part;
      const value = formatMoney(grant.value, language);
      const line = say("part", { to, value, recipient: grant.recipient, state: stateWord(teller, grant.state) });
      return [
        `    → ${line}${earlier ? ` — ${say("earlier")}` : ""}   ${grant.id}`,
        ...standingLines(teller, grant.standing, "      "),
      ];
    }
    case "stopped": {
      const { stop } = part;
      return [
        `    → ${say("stopped", { to, recipient: stop.recipient, value: formatMoney(stop.value, language), why: stopWords(teller, stop) })}`,
      ];
    }
    case "nobody":
      return [`    → ${say("nobody", { to })}`];
    case "no_value":
      return [`    → ${say("noValue", { to, why: part.why })}`];
    case "nothing":
      return [`    → ${say("nothing", { to })}`];
  }
};

const grantHead = (teller: Teller, { id, value, recipient, state }: ExplainedGrant) =>
  teller.words.say("grant", {
    id,
    value: formatMoney(value, teller.words.language),
    recipient,
    state: stateWord(teller, state),
  });

const whyWords = ({ words }: Teller, why: string, reason: MoveReason | null): string =>
  reason ? moveReasonInWords(reason, words.language) : why;

const stateWord = ({ words }: Teller, state: string): string =>
  Object.hasOwn(words.texts.state, state) ? words.texts.state[state as keyof typeof words.texts.state] : state;

const standingLines = (teller: Teller, standing: readonly Standing[], indent: string): string[] =>
  standing.map((each) => `${indent}${standingWords(teller, each)}`);

const standingWords = (teller: Teller, standing: Standing): string => {
  const { say, language } = teller.words;
  switch (standing.what) {
    case "held":
      return say("held", { at: moment(teller, standing.until) });
    case "no_money":
      return say("no_money", { budget: standing.budget });
    case "awaiting_approval":
      return standing.until
        ? say("awaiting_approval_until", { by: standing.by, at: moment(teller, standing.until) })
        : say("awaiting_approval", { by: standing.by });
    case "shadow":
      return say("shadow");
    case "given":
      return say("given", { by: standing.by });
    case "undone":
      return say("undone", { at: moment(teller, standing.at), why: undoneInWords(standing.why, language) });
    case "ended":
      return say("ended", {
        state: stateWord(teller, standing.state),
        at: moment(teller, standing.at),
        why: whyWords(teller, standing.why, standing.reason),
      });
    case "waiting":
      return say("waiting", { why: standing.wording ? inWords(standing.wording, language) : standing.why });
    case "quiet": {
      const zone = zoneOf(standing.zone, "UTC");
      const at = DateTime.fromISO(standing.until, { zone }).toFormat("HH:mm");
      return say("quiet", { channel: standing.channel, at, place: placeOf(zone) });
    }
    case "not_told":
      return say("not_told", {
        channel: standing.channel,
        why: standing.wording ? inWords(standing.wording, language) : standing.why,
      });
  }
};

/** What stopped a reward. */
export const stopWords = (
  { words: { say, language } }: Teller,
  { detail, value }: Pick<ExplainedStop, "detail" | "value">,
): string => {
  if ("once" in detail) return say("once", { once: detail.once, grant: detail.grant });
  const money = (minor: number, currency: string) => formatMoney({ minor, currency }, language);
  if ("limit" in detail) {
    const { limit, used, most, asked, currency } = detail;
    return currency === null
      ? say("limitCount", { limit, used, most })
      : say("limitAmount", {
          limit,
          used: money(used, currency),
          most: money(most, currency),
          asked: money(asked, currency),
        });
  }
  const { budget, why, available, asked, currency } = detail;
  if (why === "outside") return say("budgetOutside", { budget });
  if (why === "no rate") return say("budgetNoRate", { budget });
  return say("budgetEmpty", {
    budget,
    available: money(available, currency),
    asked: money(asked, currency || value.currency),
  });
};

/** A calendar day, or the one `plus` days later. */
const day = ({ words }: Teller, date: string, plus = 0): string =>
  DateTime.fromISO(date, { zone: "utc" })
    .plus({ days: plus })
    .setLocale(words.language)
    .toLocaleString(DateTime.DATE_MED);

const moment = ({ words, timeZone }: Teller, iso: string): string =>
  iso === ""
    ? ""
    : DateTime.fromISO(iso, { zone: timeZone }).setLocale(words.language).toLocaleString(DateTime.DATETIME_MED);
