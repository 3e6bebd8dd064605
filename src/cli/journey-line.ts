import { formatMoney } from "../money.ts";
import type { Arrival, Journey, Quiet } from "../pipeline/journey.ts";

/** One reward's way in one line: `HubSpot: deal "Rossi" won, 62,000 EUR → rule deal-won → 100 points to Giulia → email (outbox) · 184 ms`. */
export const journeyLine = (journey: Journey): string => {
  const { ruleId, state, value, recipient, reward } = journey;
  const what = value.currency === "PTS" ? formatMoney(value) : `"${reward}" (${formatMoney(value)})`;
  if (state === "shadow")
    return `${arrivalWords(journey)} → rule ${ruleId} is in shadow: would give ${what} to ${recipient}`;
  return `${arrivalWords(journey)} → rule ${ruleId} → ${what} to ${recipient} → ${told(journey)}`;
};

/** What came in and led to nothing, and why. */
export const quietLine = (quiet: Quiet): string => `${arrivalWords(quiet)} → no reward: ${quiet.why}`;

const arrivalWords = ({ crm, milestone, kind, subject, amount }: Arrival) => {
  const happened = milestone.slice(milestone.indexOf(".") + 1).replaceAll("_", " ");
  const named = kind === "deal" ? `deal "${subject}"` : `${kind} ${subject}`;
  return `${crm}: ${named} ${happened}${amount ? `, ${formatMoney(amount)}` : ""}`;
};

const told = ({ channel, sender, messageState, waiting, state, ms }: Journey) => {
  if (messageState === "sent" || messageState === "delivered" || messageState === "read")
    return `${channel} (${sender})${ms === null ? "" : ` · ${Math.round(ms)} ms`}`;
  if (waiting !== null) return `waits: ${waiting}`;
  return state === "issued" ? `${channel ?? "message"} ${messageState ?? "on its way"}` : `${state}, on its way`;
};
