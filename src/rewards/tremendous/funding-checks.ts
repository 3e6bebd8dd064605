import type { Check } from "../../outcome.ts";
import { inWords, type Reply } from "./call.ts";
import { sourceIn } from "./funding-source.ts";
import type { TremendousSettings } from "./settings.ts";

/** From the answer to `GET /funding_sources`: does the key work, and can the configured source pay for orders? */
export const fundingChecks = (reply: Reply, settings: TremendousSettings): Check[] => {
  const { fundingSource, environment, webhookKey } = settings;
  const key = `Tremendous API key (${environment})`;
  if (reply.status === 401 || reply.status === 403)
    return [
      {
        ok: false,
        what: key,
        found: `refused (${reply.status})`,
        todo: `Create an API key in the ${environment} dashboard of Tremendous and set it as apiKey. Keys of the sandbox and of production are not the same.`,
      },
    ];
  const source = sourceIn(reply, settings);
  if (source === undefined)
    return [
      {
        ok: false,
        what: "Tremendous",
        found: inWords(reply),
        todo: "Check the network from here to Tremendous, then try again.",
      },
    ];

  const what = `Tremendous funding source ${fundingSource}`;
  const todo =
    "Choose one in the Tremendous dashboard that is active and may pay for API orders, and set its id as fundingSource.";
  const bad =
    (!source && "not in this account") ||
    (source?.status && source.status !== "active" && `it is ${source.status}`) ||
    (source?.usage_permissions && !source.usage_permissions.includes("api_orders") && "it may not pay for API orders");
  if (bad)
    return [
      { ok: true, what: key },
      { ok: false, what, found: bad, todo },
    ];

  const { available_amount: available, currency_code: currency } = source?.meta ?? {};
  const detail = available == null ? "active" : `active, ${available} ${currency ?? ""} available`.replace("  ", " ");
  return [
    { ok: true, what: key },
    { ok: true, what, detail },
    {
      ok: true,
      what: "Tremendous webhook",
      detail: webhookKey ? "its private key is set" : "not set up: orders that wait are asked for instead",
    },
  ];
};
