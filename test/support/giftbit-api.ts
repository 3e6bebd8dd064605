/**
 * Giftbit as its API blueprint describes it: direct links with an idempotent `id`, campaigns, links, gifts, brands and funds,
 * and the ways in which it can go wrong.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Answer, openVendorDoor, type VendorDoor } from "./vendor-door.ts";

const orderRequest = z.strictObject({
  id: z.string().min(1),
  price_in_cents: z.int().positive(),
  brand_codes: z.array(z.string()).min(1).exactOptional(),
  region: z.string().exactOptional(),
  link_count: z.literal(1),
});

interface HeldCampaign {
  body: z.infer<typeof orderRequest>;
  uuid: string;
  link: string;
  /** `API_CREATING`, `AWAITING_FUNDS`, `CAMPAIGN_CREATED` */
  status: string;
  gift: { uuid: string; status: string };
}

interface Brand {
  brand_code: string;
  name: string;
  regions: number[];
  fund_currencyisocode: string;
  variable_price: boolean;
  min_price_in_cents?: number;
  max_price_in_cents?: number;
  allowed_prices_in_cents?: number[];
}

export interface GiftbitApi extends VendorDoor {
  apiKey: string;
  campaigns: HeldCampaign[];
  brands: Brand[];
  behaviour: {
    /** In US cents. */
    funds: number;
    /** Orders without money are accepted, and wait for it. */
    waits: boolean;
    /** Links take a while. */
    linksReady: boolean;
    /** Gifts take a while. */
    giftsReady: boolean;
  };
  /** Money came: whoever waits for it goes on. */
  addFunds(cents: number): void;
}

const info = (code: string) => ({ info: { code, name: code, message: code } });
const error = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, name: "Refused", message }, status },
});

/** Starts one. `faults`, `behaviour` and `brands` are changed as the test goes. */
export const startGiftbitApi = async (): Promise<GiftbitApi> => {
  const apiKey = `giftbit-key-${randomUUID()}`;
  const campaigns: HeldCampaign[] = [];
  const brands: Brand[] = [
    {
      brand_code: "amazonus",
      name: "Amazon.com",
      regions: [2],
      fund_currencyisocode: "USD",
      variable_price: true,
      min_price_in_cents: 100,
      max_price_in_cents: 50_000,
    },
    {
      brand_code: "WHOLEFOODS",
      name: "Whole Foods Market",
      regions: [2],
      fund_currencyisocode: "USD",
      variable_price: false,
      allowed_prices_in_cents: [1_000, 2_500, 5_000],
    },
  ];
  const behaviour = { funds: 5_000_000, waits: true, linksReady: true, giftsReady: true };

  const shown = ({ body, uuid, status }: HeldCampaign) => ({
    id: body.id,
    uuid,
    status,
    delivery_type: "DIRECT_LINK",
    price_in_cents: body.price_in_cents,
    ...(body.brand_codes ? { brand_codes: body.brand_codes } : { region: body.region }),
    fees: {
      cost_entries: [{ fee_type: "PREFUND_GIFT_COST", currency: "USD", amount_in_cents: body.price_in_cents }],
      total_in_cents: body.price_in_cents,
    },
  });

  const placed = (campaign: HeldCampaign): Answer => {
    const waits = campaign.status === "AWAITING_FUNDS";
    return {
      status: 200,
      body: {
        ...info(waits ? "INFO_CAMPAIGN_CREATED_FUNDS_REQUIRED" : "INFO_CAMPAIGN_CREATED"),
        status: 200,
        campaign: shown(campaign),
        ...(!waits && behaviour.linksReady && { direct_links: [campaign.link] }),
      },
    };
  };

  const placeOrder = (sent: unknown): Answer => {
    const parsed = orderRequest.safeParse(sent);
    if (!parsed.success) return error(400, "ERROR_MALFORMED_REQUEST", z.prettifyError(parsed.error));
    const body = parsed.data;
    const known = campaigns.find((each) => each.body.id === body.id);
    if (known) return placed(known);
    const fits = (code: string) => {
      const brand = brands.find((each) => each.brand_code === code);
      if (!brand) return false;
      const { min_price_in_cents: from = 0, max_price_in_cents: to = 0, allowed_prices_in_cents: of } = brand;
      return of ? of.includes(body.price_in_cents) : body.price_in_cents >= from && body.price_in_cents <= to;
    };
    const wrong = body.brand_codes?.find((code) => !fits(code));
    if (wrong)
      return error(
        422,
        "ERROR_CAMPAIGN_INVALID_BRAND",
        `brand_code: ${wrong} - price_in_cents: ${body.price_in_cents}`,
      );
    const short = body.price_in_cents > behaviour.funds;
    if (short && !behaviour.waits) return error(402, "ERROR_FUNDS_CARD_ERROR", "We were unable to charge your card.");
    if (!short) behaviour.funds -= body.price_in_cents;
    const uuid = randomUUID().replaceAll("-", "");
    const campaign: HeldCampaign = {
      body,
      uuid,
      link: `https://reward.giftbit.example/getReward/dl-${randomUUID()}`,
      status: short ? "AWAITING_FUNDS" : "API_CREATING",
      gift: { uuid: randomUUID().replaceAll("-", ""), status: "SENT_AND_REDEEMABLE" },
    };
    campaigns.push(campaign);
    return placed(campaign);
  };

  const giftOf = ({ body, uuid, gift }: HeldCampaign) => ({
    uuid: gift.uuid,
    campaign_uuid: uuid,
    campaign_id: body.id,
    delivery_status: "LINKCREATED",
    status: gift.status,
    price_in_cents: body.price_in_cents,
    redelivery_count: 0,
  });

  const answer = (method: string, url: URL, body: unknown): Answer => {
    const call = `${method} ${url.pathname}`;
    const [, kind, id = ""] = url.pathname.split("/");
    const campaign = campaigns.find((each) => each.body.id === id || each.uuid === id);
    if (call === "POST /direct_links") return placeOrder(body);
    if (method === "GET" && kind === "campaign")
      return campaign
        ? { status: 200, body: { ...info("INFO_CAMPAIGN_RETRIEVED"), campaign: shown(campaign) } }
        : error(422, "ERROR_CAMPAIGN_UNKNOWN", "No campaign has this id");
    if (method === "GET" && kind === "links") {
      if (!campaign) return error(422, "ERROR_CAMPAIGN_UNKNOWN", "No campaign has this id");
      if (!behaviour.linksReady || campaign.status === "AWAITING_FUNDS")
        return { status: 200, body: info("INFO_LINKS_GENERATION_IN_PROGRESS") };
      const directlinks = [{ number: 1, link: campaign.link }];
      return { status: 200, body: { ...info("INFO_LINKS"), directlinks, number_of_results: 1, total_count: 1 } };
    }
    if (call === "GET /gifts") {
      const asked = url.searchParams.get("campaign_id");
      const gifts = campaigns.filter((each) => each.body.id === asked && behaviour.giftsReady).map(giftOf);
      return {
        status: 200,
        body: { ...info("INFO_GIFTS"), gifts, number_of_results: gifts.length, total_count: gifts.length },
      };
    }
    if (method === "DELETE" && kind === "gifts") {
      const held = campaigns.find((each) => each.gift.uuid === id);
      if (!held) return error(422, "ERROR_GIFTS_NO_SUCH_GIFT", "No gift found");
      if (held.gift.status !== "SENT_AND_REDEEMABLE") return error(422, "ERROR_GIFTS_CANNOT_CANCEL", "It was claimed");
      held.gift.status = "GIVER_CANCELLED";
      behaviour.funds += held.body.price_in_cents;
      return { status: 200, body: { gift: giftOf(held), ...info("INFO_GIFTS_CANCELED"), status: 200 } };
    }
    if (call === "GET /regions")
      return {
        status: 200,
        body: {
          ...info("INFO_RETRIEVED_REGIONS"),
          regions: ["Canada", "USA", "Global", "Australia"].map((name, index) => ({ id: index + 1, name })),
        },
      };
    if (call === "GET /brands") {
      const [limit, offset] = ["limit", "offset"].map((name) => Number(url.searchParams.get(name)));
      const page = brands.slice(offset, (offset ?? 0) + (limit || 20));
      return {
        status: 200,
        body: {
          ...info("INFO_BRANDS_RETRIEVED"),
          brands: page.map(({ brand_code, name }) => ({ brand_code, name })),
          number_of_results: page.length,
          limit,
          offset,
          total_count: brands.length,
        },
      };
    }
    if (method === "GET" && kind === "brands") {
      const brand = brands.find((each) => each.brand_code === id);
      return brand
        ? { status: 200, body: { brand, ...info("INFO_BRANDS_RETRIEVED") } }
        : error(422, "ERROR_BRANDS_NO_SUCH_BRAND", "No brand found matching that code");
    }
    if (call === "GET /funds") {
      const of = (available_in_cents: number) => ({ available_in_cents, pending_in_cents: 0, reserved_in_cents: 0 });
      return {
        status: 200,
        body: { ...info("INFO_FUNDS"), fundsbycurrency: { USD: of(behaviour.funds), CAD: of(0), PRO: of(0) } },
      };
    }
    return error(404, "ERROR_NOT_FOUND", "Not found");
  };

  const door = await openVendorDoor({
    signedIn: ({ authorization }) => authorization === `Bearer ${apiKey}`,
    refusal: error(401, "ERROR_UNAUTHORIZED", "Access Token missing or invalid"),
    answer,
  });
  return {
    ...door,
    apiKey,
    campaigns,
    brands,
    behaviour,
    addFunds(cents) {
      behaviour.funds += cents;
      for (const campaign of campaigns) {
        if (campaign.status !== "AWAITING_FUNDS" || campaign.body.price_in_cents > behaviour.funds) continue;
        behaviour.funds -= campaign.body.price_in_cents;
        campaign.status = "CAMPAIGN_CREATED";
      }
    },
  };
};
