import type { Check } from "../../outcome.ts";
import { type Balance, inWordsOf } from "./balance.ts";
import type { PlumSettings } from "./settings.ts";

/** One line for the credentials, and one for the money behind them, from asking for the balance. */
export const plumChecks = (asked: Balance, { environment, webhookKey }: PlumSettings): Check[] => {
  const what = `Plum credentials (${environment})`;
  const todo =
    "Set clientId, clientSecret and refreshToken as the Plum portal of this environment shows them, and have this machine's address allow-listed there.";
  if (!asked.ok) return [{ ok: false, what, found: asked.detail, todo }];
  return [
    { ok: true, what },
    { ok: true, what: "Plum balance", detail: `${inWordsOf(asked.value)} available` },
    webhookKey
      ? { ok: true, what: "Plum webhook", detail: "x-api-key is set" }
      : { ok: true, what: "Plum webhook", detail: "not set up: delayed products are asked for instead" },
  ];
};
