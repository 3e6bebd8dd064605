/**
 * What somebody who answered a message asks for. The words are those of 47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt
 * out, cancel, unsubscribe; what a reasonable person reads so counts too, so politeness around them does not matter.
 */
const stops = new Set([
  ...["stop", "stopall", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe"],
  ...["basta", "annulla", "cancellami", "disiscrivimi", "disiscrivi", "ferma", "non scrivetemi"],
]);
const starts = new Set(["start", "unstop", "opt in", "optin", "subscribe", "inizia", "riprendi"]);
const around = new Set([
  ...["please", "pls", "now", "it", "this", "these", "all", "the", "me", "texting", "texts", "messages", "messaging"],
  ...[
    "sending",
    "writing",
    "to",
    "want",
    "i",
    "per",
    "favore",
    "grazie",
    "thanks",
    "thank",
    "you",
    "messaggi",
    "i",
    "gli",
    "sms",
  ],
]);

export const saidWords = (text: string): "stop" | "start" | undefined => {
  const words = text
    .toLowerCase()
    .replace(/opt[\s-]+(out|in)/g, "opt$1")
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "");
  // a long text is for a person to read; these words may stand in it for anything
  if (words.length === 0 || words.length > 6) return undefined;
  const meant = words.filter((word) => !around.has(word)).join(" ");
  return stops.has(meant) ? "stop" : starts.has(meant) ? "start" : undefined;
};
