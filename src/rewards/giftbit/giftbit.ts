import { formatMoney, type Money } from "../../money.ts";
import { rejected, retryLater, unknown } from "../../outcome.ts";
import { productMisfit } from "../product-fit.ts";
import {
  type Asked,
  type CancelOutcome,
  defineProvider,
  type Found,
  type OrderRequest,
  type Product,
} from "../provider.ts";
import { inWords, type Reply, vendorCall } from "../vendor-call.ts";
import { readBrand, readBrands, regionCurrency } from "./catalog.ts";
import { refusal } from "./refusal.ts";
import { type GiftbitOptions, options, settings } from "./settings.ts";
import { cancelAnswer, nextOfCancel } from "./take-back.ts";
import {
  awaitsFunds,
  type Campaign,
  campaignAnswer,
  differs,
  errorAnswer,
  fundsAnswer,
  type Gift,
  giftsAnswer,
  isLink,
  linksAnswer,
  orderBody,
  placedAnswer,
} from "./vendor-order.ts";

const hosts = {
  testbed: "https://api-testbed.giftbit.com/papi/v1",
  production: "https://api.giftbit.com/papi/v1",
};
const HOUR = 3_600_000;

/** Gift cards through Giftbit: a direct link for each, which our own channels tell the recipient of. */
export const giftbit = defineProvider({
  id: "giftbit",
  label: "Giftbit",
  settings,
  secrets: ["apiKey"],
  options,
  supplies: "money",
  open(config, around) {
    const { apiKey, timeoutMs } = config;
    const base = config.apiBase ?? hosts[config.environment];
    const call = (method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Reply> =>
      vendorCall({ method, url: `${base}${path}`, headers: { authorization: `Bearer ${apiKey}` }, body, timeoutMs });
    const ask = (path: string) => call("GET", path);

    const brands = new Map<string, { product: Product | undefined; at: number }>();
    const brandOf = async (code: string): Promise<Asked<Product | undefined>> => {
      const kept = brands.get(code);
      if (kept?.product && around.now().getTime() - kept.at < HOUR) return { ok: true, value: kept.product };
      const read = await readBrand(ask, code);
      if (read.ok) brands.set(code, { product: read.value, at: around.now().getTime() });
      return read;
    };

    /** An order names no currency: it has that of its brands or region. So that is known before any money moves. */
    const refusedBefore = async ({ value }: OrderRequest, { brands: codes, region }: GiftbitOptions) => {
      if (codes === undefined) return region === undefined ? nothingChosen() : wrongRegion(region, value);
      const products: Product[] = [];
      for (const code of codes) {
        const read = await brandOf(code);
        if (!read.ok) return retryLater(30_000, `${read.detail} Nothing was ordered.`);
        if (read.value) products.push(read.value);
      }
      const wrong = productMisfit(codes, "brand", value, products);
      // the next look is a fresh one
      if (wrong) for (const code of codes) brands.delete(code);
      return wrong === undefined ? undefined : rejected("configuration", "catalogue", `Giftbit: ${wrong}.`);
    };

    /** The link of an order that Giftbit has, or what it still waits for. */
    const claim = (code: string, campaign: Campaign, link: string | undefined, request: OrderRequest): Found => {
      const difference = differs(campaign, request, options.parse(request.options));
      if (difference) return { found: "different", detail: `Giftbit has order ${campaign.uuid} with ${difference}.` };
      if (awaitsFunds(code, campaign)) {
        around.warn("funds", "Giftbit has accepted orders that wait for money. Add funds: they go on by themselves.");
        return {
          found: "unknown",
          detail: `Giftbit has order ${campaign.uuid} and waits for money in your account. Add funds at Giftbit: it goes on by itself.`,
        };
      }
      return isLink(link)
        ? { found: true, reference: campaign.uuid, content: { kind: "link", url: link } }
        : { found: "unknown", detail: `Giftbit has order ${campaign.uuid} and is still making its link.` };
    };

    /** The order that has this id, or none; otherwise why that is not known. */
    const orderUnder = async (
      key: string,
    ): Promise<{ campaign: Campaign; code: string } | "none" | { doubt: string }> => {
      const reply = await ask(`/campaign/${encodeURIComponent(key)}`);
      const answer = campaignAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      if (answer.success) return { campaign: answer.data.campaign, code: answer.data.info.code };
      // what it answers for an id that it does not know is not documented: so its list of gifts must know of none as well
      const refused = reply.status === 404 || reply.status === 422;
      if (!refused || !errorAnswer.safeParse(reply.body).success)
        return { doubt: `Giftbit could not be asked about the order: ${inWords(reply)}.` };
      const gifts = await giftsUnder(key);
      if ("doubt" in gifts) return gifts;
      return gifts.gifts.length === 0
        ? "none"
        : { doubt: "Giftbit has a gift of this order, but does not show the order." };
    };
    const giftsUnder = async (key: string): Promise<{ gifts: Gift[] } | { doubt: string }> => {
      const reply = await ask(`/gifts?${new URLSearchParams({ campaign_id: key, limit: "2" })}`);
      const answer = giftsAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      if (!answer.success)
        return { doubt: `Giftbit could not be asked about the gifts of the order: ${inWords(reply)}.` };
      return answer.data.total_count > 0 === answer.data.gifts.length > 0
        ? { gifts: answer.data.gifts }
        : { doubt: "Giftbit counts gifts that it does not show." };
    };

    const funds = async (): Promise<{ reply: Reply; money: Money[] | undefined }> => {
      const reply = await ask("/funds");
      const answer = fundsAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      const money = Object.entries(answer.data?.fundsbycurrency ?? {})
        // PRO is play money
        .filter(([currency]) => currency !== "PRO")
        .map(([currency, { available_in_cents: minor }]) => ({ minor, currency }));
      return { reply, money: answer.success ? money : undefined };
    };

    return {
      settleAfterMs: config.lookupAfterMs,
      // an order takes one call for each of its brands at first; a look-up and taking back at most three
      longestCallMs: 10 * timeoutMs + 5_000,

      async order(request) {
        const chosen = options.parse(request.options);
        const refused = await refusedBefore(request, chosen);
        if (refused) return refused;
        const reply = await call("POST", "/direct_links", orderBody(request, chosen));
        const answer = placedAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
        if (!answer.success)
          return reply.status === 200
            ? unknown("Giftbit answered with something that cannot be read.")
            : refusal(reply, apiKey, around.now());
        const { campaign, info, direct_links: links } = answer.data;
        const found = claim(info.code, campaign, links?.[0], request);
        if (found.found === true) return { outcome: "accepted", reference: found.reference, content: found.content };
        return unknown(found.found === false ? "Giftbit lost the order." : found.detail);
      },

      async lookup(key, request) {
        const order = await orderUnder(key);
        if (order === "none") return { found: false };
        if ("doubt" in order) return { found: "unknown", detail: order.doubt };
        const reply = await ask(`/links/${encodeURIComponent(key)}`);
        const links = linksAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
        return claim(order.code, order.campaign, links.data?.directlinks?.[0]?.link, request);
      },

      async cancel(key): Promise<CancelOutcome> {
        const order = await orderUnder(key);
        if (order === "none") return { outcome: "cancelled" };
        if ("doubt" in order) return unknown(order.doubt);
        const gifts = await giftsUnder(key);
        if ("doubt" in gifts) return unknown(gifts.doubt);
        const next = nextOfCancel(gifts.gifts);
        if ("outcome" in next) return next;
        return cancelAnswer(await call("DELETE", `/gifts/${encodeURIComponent(next.uuid)}`), around.now());
      },

      async check() {
        const { reply, money } = await funds();
        const what = `Giftbit API key (${config.environment})`;
        if (reply.status === 401 || reply.status === 403)
          return [
            {
              ok: false,
              what,
              found: `refused (${reply.status})`,
              todo: `Create an API key in the ${config.environment} account and set it as apiKey. Keys of the testbed and of production are not the same.`,
            },
          ];
        if (!money)
          return [
            {
              ok: false,
              what: "Giftbit",
              found: inWords(reply),
              todo: "Check the network from here to Giftbit, then try again.",
            },
          ];
        const available = money.map((each) => formatMoney(each)).join(", ");
        return [
          { ok: true, what },
          { ok: true, what: "Giftbit funds", detail: `${available || "nothing"} available` },
        ];
      },

      catalog: () => readBrands(ask),
      misfit(given, value, catalog) {
        const chosen = options.parse(given);
        if (chosen.brands) return productMisfit(chosen.brands, "brand", value, catalog);
        return (chosen.region === undefined ? nothingChosen() : wrongRegion(chosen.region, value))?.detail;
      },

      async balance() {
        const { reply, money } = await funds();
        return money
          ? { ok: true, value: money }
          : { ok: false, detail: `Giftbit did not show the funds of the account: ${inWords(reply)}.` };
      },
      ...(config.lowBalance === undefined ? {} : { lowBalance: config.lowBalance }),
    };
  },
});

const nothingChosen = () =>
  rejected("configuration", "no_products", "Name what can be chosen at the reward: brands, or a region.");

const wrongRegion = (region: NonNullable<GiftbitOptions["region"]>, { currency }: Money) =>
  currency === regionCurrency(region)
    ? undefined
    : rejected(
        "configuration",
        "currency",
        `Rewards of the region ${region} are in ${regionCurrency(region)}, not in ${currency}.`,
      );
