import { unknown } from "../../outcome.ts";
import { productMisfit } from "../product-fit.ts";
import { defineProvider, type Found, type OrderRequest } from "../provider.ts";
import { inWords } from "../vendor-call.ts";
import { readBalance } from "./balance.ts";
import { readCatalog } from "./catalog.ts";
import { plumChecks } from "./check.ts";
import { operator } from "./operation.ts";
import { orderBody } from "./order-body.ts";
import { refusal } from "./refusal.ts";
import { options, settings } from "./settings.ts";
import { plumTokens, RENEWAL_MS } from "./tokens.ts";
import { vendorError } from "./vendor-error.ts";
import { claim, orderIn } from "./vendor-order.ts";
import { receiveWebhook } from "./webhook.ts";

const ASKING_MS = 30_000;

const isForGood = (refused: ReturnType<typeof refusal>) =>
  refused.outcome === "rejected" && refused.kind === "permanent";

/**
 * Gift cards, vouchers and experiences through Xoxoday Plum's Rewards API v1.2. Codes and links come back to us; Plum itself
 * writes to nobody. It documents no way to take an order back.
 */
export const plum = defineProvider({
  id: "plum",
  label: "Xoxoday Plum",
  settings,
  secrets: ["clientSecret", "refreshToken", "webhookKey"],
  options,
  supplies: "money",
  // most products have fixed values, and a part of one is not among them
  wholeOnly: true,
  open(config, around) {
    const operate = operator(config, plumTokens(config, around));
    const secrets = [config.clientSecret, config.refreshToken];
    const askingMs = Math.min(config.timeoutMs, ASKING_MS);

    const lookup = async (key: string, request: OrderRequest): Promise<Found> => {
      const data = { poNumber: key, orderId: 0, sendMailToReceiver: 0 };
      const operated = await operate("plumProAPI.mutation.getOrderDetails", data, askingMs);
      if (!operated.asked) return { found: "unknown", detail: operated.refusal.detail };
      const { reply } = operated;
      const order = orderIn(reply, "getOrderDetails");
      if (order) return claim(order, request);
      const error = vendorError(reply, secrets);
      // "Order ID or poNumber passed is incorrect"
      if (error.id === "PLE10016" && reply.status === 404) return { found: false };
      if (error.id === "PLE10036")
        return { found: "cancelled", detail: "Plum says that the delivery of the order was cancelled." };
      const said = [error.id, error.words].filter(Boolean).join(": ");
      const why = error.penaltyMs === undefined ? said || inWords(reply) : "too many requests";
      return { found: "unknown", detail: `Plum could not be asked about the order: ${why}.` };
    };

    return {
      settleAfterMs: config.lookupAfterMs,
      // a token, the order, another token, the order again, a look-up
      longestCallMs: 2 * config.timeoutMs + 3 * RENEWAL_MS + 2 * ASKING_MS + 5_000,

      async order(request) {
        const chosen = options.parse(request.options);
        const operated = await operate("plumProAPI.mutation.placeOrder", orderBody(request, chosen), config.timeoutMs);
        if (!operated.asked) return operated.refusal;
        const { reply } = operated;
        const order = orderIn(reply, "placeOrder");
        const refused = order ? undefined : refusal(reply, vendorError(reply, secrets));
        if (refused && refused.outcome !== "unknown" && !isForGood(refused)) return refused;
        // A repeated key is refused with an error that is documented nowhere: before anything is given up or sent again, the
        // order of the first time is asked for. Without any answer that means nothing yet.
        const found = order
          ? claim(order, request)
          : reply.status === "none"
            ? undefined
            : await lookup(request.key, request);
        if (found?.found === true) return { outcome: "accepted", reference: found.reference, content: found.content };
        if (found?.found === "different" || found?.found === "cancelled" || (order && found?.found === "unknown"))
          return unknown(found.detail);
        if (refused && isForGood(refused) && found?.found !== false)
          return unknown(`${refused.detail} Whether there is an order all the same could not be asked.`);
        return refused ?? unknown("Plum lost the order.");
      },

      lookup,
      check: async () => plumChecks(await readBalance(operate, askingMs, secrets), config),
      catalog: () => readCatalog(operate, askingMs, secrets),
      misfit: (chosen, value, catalog) =>
        productMisfit([String(options.parse(chosen).product)], "product", value, catalog),
      balance: () => readBalance(operate, askingMs, secrets),
      receive: async (request) => receiveWebhook(config, request, around.now()),
    };
  },
});
