import { rejected, unknown } from "../../outcome.ts";
import { productMisfit } from "../product-fit.ts";
import { defineProvider, type Found, type OrderRequest } from "../provider.ts";
import { call, inWords } from "./call.ts";
import { catalogOf } from "./catalog.ts";
import { fundingChecks } from "./funding-checks.ts";
import { balanceOf } from "./funding-source.ts";
import { orderBody } from "./order-body.ts";
import { refusal } from "./refusal.ts";
import { options, settings } from "./settings.ts";
import { cancelAnswer, nextOfCancel } from "./take-back.ts";
import {
  isTakenBack,
  linkAnswer,
  orderAnswer,
  ordersAnswer,
  rewardAnswer,
  sameAs,
  type VendorOrder,
} from "./vendor-order.ts";
import { type AskVendor, receiveWebhook } from "./webhook.ts";

/** A page of the whole catalogue, with the legal text of each product. */
const CATALOG_BYTES = 50_000_000;

/** Gift cards and payouts through Tremendous. It gives us a link; the recipient hears from our own channels. */
export const tremendous = defineProvider({
  id: "tremendous",
  label: "Tremendous",
  settings,
  secrets: ["apiKey", "webhookKey"],
  options,
  supplies: "money",
  open(config, around) {
    const { apiKey, environment, timeoutMs } = config;
    // the package is loaded at the first call: it would slow down every start, also where nobody uses it
    const vendor = async () => {
      const { Configuration, Environments, FundingSourcesApi, OrdersApi, ProductsApi, RewardsApi } = await import(
        "tremendous"
      );
      const access = new Configuration({
        accessToken: apiKey,
        basePath: config.apiBase ?? (environment === "production" ? Environments.production : Environments.testflight),
      });
      return {
        orders: new OrdersApi(access),
        products: new ProductsApi(access),
        rewards: new RewardsApi(access),
        fundingSources: new FundingSourcesApi(access),
      };
    };

    /** A list may leave the rewards out. */
    const whole = async (order: VendorOrder): Promise<VendorOrder> => {
      if (order.rewards) return order;
      const reply = await call(timeoutMs, async (each) => (await vendor()).orders.getOrder(order.id, each));
      return orderAnswer.safeParse(reply.status === 200 ? reply.body : undefined).data?.order ?? order;
    };

    const fundingSources = () =>
      call(timeoutMs, async (each) => (await vendor()).fundingSources.listFundingSources(each));

    /** Asked while Tremendous waits for the answer to its webhook. */
    const briefly = Math.min(timeoutMs, 5_000);
    const webhookAsks: AskVendor = {
      keyOf: async (orderId) => {
        const reply = await call(briefly, async (each) => (await vendor()).orders.getOrder(orderId, each));
        return (
          orderAnswer.safeParse(reply.status === 200 ? reply.body : undefined).data?.order.external_id ?? undefined
        );
      },
      orderOf: async (rewardId) => {
        const reply = await call(briefly, async (each) => (await vendor()).rewards.getReward(rewardId, each));
        return rewardAnswer.safeParse(reply.status === 200 ? reply.body : undefined).data?.reward.order_id;
      },
      warn: (text) => around.warn("tremendous_review", text),
    };

    /** Compares an order that Tremendous has with ours, and gets the link to its reward. */
    const claim = async (order: VendorOrder, request: OrderRequest): Promise<Found> => {
      if (isTakenBack(order))
        return { found: "cancelled", detail: `Tremendous has order ${order.id}, which was cancelled there.` };
      if (!order.rewards)
        return {
          found: "unknown",
          detail: `Tremendous has order ${order.id} (${order.status}) but did not show its reward.`,
        };
      const same = sameAs(order, request);
      if ("differs" in same)
        return { found: "different", detail: `Tremendous has order ${order.id} with ${same.differs}.` };
      const { reward } = same;
      // only the answer to a new order is sure to hold the link
      let link = linkAnswer.safeParse({ reward: { link: reward.delivery?.link } });
      if (!link.success) {
        const reply = await call(timeoutMs, async (each) =>
          (await vendor()).rewards.generateRewardLink(reward.id, each),
        );
        link = linkAnswer.safeParse(reply.status === 200 || reply.status === 201 ? reply.body : undefined);
      }
      if (!link.success)
        return {
          found: "unknown",
          detail: `Tremendous has order ${order.id} (${order.status}) but gives no link to it yet. If it waits for approval, approve it in the Tremendous dashboard.`,
        };
      const expiresOn = reward.expires_at ? { expiresOn: reward.expires_at.slice(0, 10) } : {};
      const content = { kind: "link", url: link.data.reward.link, ...expiresOn } as const;
      return { found: true, reference: order.id, content };
    };

    /** The one order that has this key, or none; otherwise why that is not known. */
    const ordersUnder = async (
      key: string,
    ): Promise<{ order: VendorOrder | undefined } | { found: "different" | "unknown"; doubt: string }> => {
      const reply = await call(timeoutMs, async (each) =>
        (await vendor()).orders.listOrders(undefined, undefined, key, undefined, undefined, undefined, each),
      );
      const answer = ordersAnswer.safeParse(reply.status === 200 ? reply.body : undefined);
      if (!answer.success)
        return { found: "unknown", doubt: `Tremendous could not be asked about the order: ${inWords(reply)}.` };
      const [order, ...others] = answer.data.orders.filter((each) => each.external_id === key);
      if (others.length > 0)
        return { found: "different", doubt: `Tremendous has ${others.length + 1} orders under this key.` };
      if (!order && answer.data.orders.length > 0)
        return { found: "unknown", doubt: "Tremendous answered with orders under other keys." };
      return { order };
    };

    return {
      settleAfterMs: config.lookupAfterMs,
      // an order takes one call, a look-up two or three, taking back three
      longestCallMs: 3 * timeoutMs + 5_000,

      async order(request) {
        const chosen = options.parse(request.options);
        if (!chosen.products && !chosen.campaign && !config.campaign)
          return rejected(
            "configuration",
            "no_products",
            "Name what can be chosen: products or campaign at the reward, or campaign at the provider in accolade.yaml.",
          );
        const reply = await call(timeoutMs, async (each) =>
          (await vendor()).orders.createOrder(orderBody(request, chosen, config), each),
        );
        // 201: the key was known already, and this is the order of the first time
        const placed = [200, 201, 202].some((status) => status === reply.status) && "body" in reply;
        const answer = orderAnswer.safeParse(placed ? reply.body : undefined);
        if (!answer.success) return refusal(reply, apiKey, around.now());
        const found = await claim(answer.data.order, request);
        if (found.found === true) return { outcome: "accepted", reference: found.reference, content: found.content };
        return unknown(found.found === false ? "Tremendous lost the order." : found.detail);
      },

      async lookup(key, request) {
        const asked = await ordersUnder(key);
        if ("doubt" in asked) return { found: asked.found, detail: asked.doubt };
        return asked.order ? claim(await whole(asked.order), request) : { found: false };
      },

      async cancel(key) {
        const asked = await ordersUnder(key);
        if ("doubt" in asked)
          return asked.found === "unknown" ? unknown(asked.doubt) : { outcome: "cannot", detail: asked.doubt };
        if (!asked.order) return { outcome: "cancelled" };
        const next = nextOfCancel(await whole(asked.order), around.now());
        if ("outcome" in next) return next;
        return cancelAnswer(
          await call(timeoutMs, async (each) => (await vendor()).rewards.cancelReward(next.rewardId, each)),
          around.now(),
        );
      },

      check: async () => fundingChecks(await fundingSources(), config),
      balance: async () => balanceOf(await fundingSources(), config),
      catalog: async () =>
        catalogOf(
          await call(
            timeoutMs,
            async (each) => (await vendor()).products.listProducts(undefined, undefined, undefined, each),
            CATALOG_BYTES,
          ),
        ),
      misfit: (chosen, value, catalog) =>
        productMisfit(options.parse(chosen).products ?? [], "product", value, catalog),
      receive: (request) => receiveWebhook(config, request, around.now(), webhookAsks),
    };
  },
});
