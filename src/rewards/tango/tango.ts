import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { formatMoney, moneyFromMajor } from "../../money.ts";
import type { Check } from "../../outcome.ts";
import { rejected, retryLater, unknown } from "../../outcome.ts";
import { productMisfit } from "../product-fit.ts";
import { type Asked, defineProvider, type Found, type OrderRequest, type Product } from "../provider.ts";
import { inWords, vendorCall } from "../vendor-call.ts";
import { catalogAnswer, productsOf } from "./catalog.ts";
import { refusal } from "./refusal.ts";
import { options, settings, type TangoOptions } from "./settings.ts";
import { takeTurn } from "./turn.ts";
import { contentOf, differs, orderBody, orderList, type VendorOrder, vendorOrder } from "./vendor-order.ts";

const hosts = {
  sandbox: "https://integration-api.tangocard.com/raas/v2",
  production: "https://api.tangocard.com/raas/v2",
};

const HOUR = 3_600_000;
/** A turn that comes this soon is waited for; for a later one the order comes back. */
const SHORT_MS = 250;
const CATALOG_BYTES = 50_000_000;

const accountAnswer = z.object({
  currentBalance: z.number(),
  currencyCode: z.string(),
  status: z.string().nullish(),
});

/** Gift cards through Tango's RaaS API, version 2. It gives us the code or link; the recipient hears from our own channels. */
export const tango = defineProvider({
  id: "tango",
  label: "Tango",
  settings,
  secrets: ["platformKey"],
  options,
  supplies: "money",
  open(config, around) {
    const { platformName, platformKey, timeoutMs, account } = config;
    const basic = Buffer.from(`${platformName}:${platformKey}`).toString("base64");
    const credentials = [platformKey, basic];
    const base = config.apiBase ?? hosts[config.environment];
    const call = (method: "GET" | "POST", path: string, more: { body?: unknown; mostBytes?: number } = {}) =>
      vendorCall({ method, url: `${base}${path}`, headers: { authorization: `Basic ${basic}` }, timeoutMs, ...more });

    let known: { products: readonly Product[]; at: number } | undefined;
    const catalog = async (): Promise<Asked<readonly Product[]>> => {
      const reply = await call("GET", "/catalogs?verbose=true", { mostBytes: CATALOG_BYTES });
      const answer = catalogAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      if (!answer.success) return { ok: false, detail: `Tango did not show its catalogue: ${inWords(reply)}.` };
      const products = productsOf(answer.data);
      known = { products, at: around.now().getTime() };
      return { ok: true, value: products };
    };
    const lately = async (): Promise<Asked<readonly Product[]>> =>
      known && around.now().getTime() - known.at < HOUR ? { ok: true, value: known.products } : catalog();

    /** Compares an order that Tango has with ours, and reads what it supplied. */
    const claim = (order: VendorOrder, request: OrderRequest, chosen: TangoOptions): Found => {
      const difference = differs(order, request, chosen);
      const { referenceOrderID: reference, status } = order;
      if (difference) return { found: "different", detail: `Tango has order ${reference} with ${difference}.` };
      const content = contentOf(order);
      return content
        ? { found: true, reference, content }
        : {
            found: "unknown",
            detail: `Tango has order ${reference} (${status ?? "no status"}) but shows no code yet.`,
          };
    };

    /** An order names no currency: it has that of its item. So the catalogue is asked before any money moves. */
    const refusedByCatalog = async ({ value }: OrderRequest, { utid }: TangoOptions) => {
      let offered = await lately();
      // what was wrong a while ago may be right by now
      if (offered.ok && productMisfit([utid], "utid", value, offered.value)) offered = await catalog();
      if (!offered.ok) return retryLater(30_000, `${offered.detail} Nothing was ordered.`);
      const wrong = productMisfit([utid], "utid", value, offered.value);
      return wrong === undefined ? undefined : rejected("configuration", "catalogue", `Tango: ${wrong}.`);
    };

    const balance = async () => {
      const reply = await call("GET", `/accounts/${encodeURIComponent(account)}`);
      const answer = accountAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      return { reply, account: answer.data };
    };

    return {
      settleAfterMs: Math.max(2_000, config.lookupAfterMs),
      // an order takes the catalogue, at most twice, and one call; a look-up two
      longestCallMs: 3 * timeoutMs + 5_000,
      // "not supported after 90 days": an older key would buy once more. A day is kept as a margin.
      keyLivesMs: 89 * 24 * HOUR,

      async order(request) {
        const chosen = options.parse(request.options);
        const refused = await refusedByCatalog(request, chosen);
        if (refused) return refused;
        const waitMs = await takeTurn(around.sql, {
          name: `tango:${account}`,
          key: request.key,
          gapMs: 1_000 / config.ordersPerSecond,
          shortMs: SHORT_MS,
          now: around.now(),
        });
        if (waitMs > SHORT_MS) return retryLater(waitMs, "It waits for its turn: Tango takes one order a second.");
        if (waitMs > 0) await pause(waitMs);
        const reply = await call("POST", "/orders", { body: orderBody(request, chosen, config) });
        // 200: the key was known already, and this is the order of the first time
        const placed = reply.status === 200 || reply.status === 201 ? reply.body : undefined;
        const answer = vendorOrder.safeParse(placed);
        if (!answer.success) return refusal(reply, credentials, around.now());
        const found = claim(answer.data, request, chosen);
        if (found.found === true) return { outcome: "accepted", reference: found.reference, content: found.content };
        return unknown(found.found === false ? "Tango lost the order." : found.detail);
      },

      async lookup(key, request) {
        const query = new URLSearchParams({ externalRefID: key, accountIdentifier: account });
        const reply = await call("GET", `/orders?${query}`);
        const answer = orderList.safeParse(reply.status === 200 ? reply.body : undefined);
        if (!answer.success)
          return { found: "unknown", detail: `Tango could not be asked about the order: ${inWords(reply)}.` };
        const ours = answer.data.orders.filter((each) => each.externalRefID === key);
        const [order, ...others] = ours;
        if (others.length > 0) return { found: "different", detail: `Tango has ${ours.length} orders under this key.` };
        if (!order && answer.data.orders.length > 0)
          return { found: "unknown", detail: "Tango answered with orders under other keys." };
        if (!order) return { found: false };
        // the list shows no credentials
        const whole = await call("GET", `/orders/${encodeURIComponent(order.referenceOrderID)}`);
        const shown = vendorOrder.safeParse(whole.status === 200 ? whole.body : undefined);
        return claim(shown.data ?? order, request, options.parse(request.options));
      },

      async check() {
        const { reply, account: seen } = await balance();
        return accountChecks(config, reply, seen);
      },

      catalog,
      misfit: (given, value, products) => productMisfit([options.parse(given).utid], "utid", value, products),

      async balance() {
        const { reply, account: seen } = await balance();
        const money = seen && moneyFromMajor(seen.currentBalance, seen.currencyCode);
        return money
          ? { ok: true, value: [money] }
          : { ok: false, detail: `Tango did not show the balance of the account: ${inWords(reply)}.` };
      },
      ...(config.lowBalance === undefined ? {} : { lowBalance: config.lowBalance }),
    };
  },
});

const accountChecks = (
  { account, environment }: z.infer<typeof settings>,
  reply: Awaited<ReturnType<typeof vendorCall>>,
  seen: z.infer<typeof accountAnswer> | undefined,
): Check[] => {
  const key = `Tango platform (${environment})`;
  if (reply.status === 401 || reply.status === 403)
    return [
      {
        ok: false,
        what: key,
        found: `refused (${reply.status})`,
        todo: `Set platformName and platformKey as Tango gave them for ${environment}. Those of the sandbox and of production are not the same.`,
      },
    ];
  const what = `Tango account ${account}`;
  if (reply.status === 404)
    return [
      { ok: true, what: key },
      { ok: false, what, found: "not on this platform", todo: "Set account to an accountIdentifier of your platform." },
    ];
  if (!seen)
    return [
      {
        ok: false,
        what: "Tango",
        found: inWords(reply),
        todo: "Check the network from here to Tango, then try again.",
      },
    ];
  if (seen.status && seen.status.toLowerCase() !== "active")
    return [
      { ok: true, what: key },
      { ok: false, what, found: `it is ${seen.status}`, todo: "Ask Tango to activate the account." },
    ];
  const money = moneyFromMajor(seen.currentBalance, seen.currencyCode);
  return [
    { ok: true, what: key },
    { ok: true, what, detail: `active, ${money ? formatMoney(money) : "an unknown amount"} available` },
  ];
};
