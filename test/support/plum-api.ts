/**
 * Xoxoday Plum as its documentation describes it, on a port of this machine: one endpoint with a `query`, tokens that are
 * replaced with each renewal, orders that are unique by `poNumber`, and the ways in which it can go wrong.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const orderRequest = z.strictObject({
  productId: z.int(),
  quantity: z.literal(1),
  denomination: z.number().positive(),
  poNumber: z.string().min(1).max(100),
  email: z.email().exactOptional(),
  notifyReceiverEmail: z.literal(0),
  notifyAdminEmail: z.literal(0),
});
const envelope = z.strictObject({
  query: z.string(),
  tag: z.literal("plumProAPI"),
  variables: z.strictObject({ data: z.record(z.string(), z.unknown()) }),
});
const renewal = z.strictObject({
  grant_type: z.literal("refresh_token"),
  refresh_token: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
});

export interface PlumProduct {
  productId: number;
  name: string;
  currencyCode: string;
  countryCode?: string;
  countries?: { code: string; name: string }[];
  valueType: "fixed_denomination" | "open_value";
  minValue?: number;
  maxValue?: number;
  valueDenominations?: string;
  deliveryType?: "realtime" | "delayed";
  isPhoneNumberMandatory?: boolean;
}

export interface PlumOrder {
  orderId: number;
  body: z.infer<typeof orderRequest>;
  deliveryStatus: string;
  code: string;
  pin: string;
  /** Not yet seen by `getOrderDetails`. */
  hidden: boolean;
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface PlumApi {
  url: string;
  client: { clientId: string; clientSecret: string; refreshToken: string };
  orders: PlumOrder[];
  products: PlumProduct[];
  /** Selectors as they came, and `token` for renewals. */
  calls: string[];
  /** Every token that was given out. */
  tokens: string[];
  faults: {
    /** What happens to the answer once an order is accepted. */
    afterAccept?: "hang" | "reset" | 500 | "PLE10035" | undefined;
    /** Given as the answer to this selector (or `token`), which is then not processed. */
    instead?: ({ to: string } & Answer) | undefined;
    /** What a renewal waits for. */
    renewalWaits?: Promise<void> | undefined;
  };
  behaviour: {
    balance: number;
    inStock: boolean;
    /** How vouchers come; `details` leaves the type out. */
    voucher: { type: string; code: () => string; pin: string; validity: string };
    /** The answer to a `poNumber` that is known, which no documentation shows. */
    duplicate: Answer;
    /** How many products it gives at most in a page. */
    longestPage: number;
  };
  /** Ends every access token, as their 15 days would. */
  endAccess(): void;
  close(): Promise<void>;
}

const failure = (code: number, errorId: string, errorInfo: string, error = errorInfo): Answer => ({
  status: code,
  body: { code, errorId, errorInfo, error },
});

/** Starts one. `faults` and `behaviour` are changed as the test goes. */
export const startPlumApi = async (): Promise<PlumApi> => {
  const secret = (name: string) => `${name}-${randomUUID().replace(/[\d-]/g, "x")}`;
  const api = {
    client: { clientId: "client-of-this-test", clientSecret: secret("secret"), refreshToken: secret("refresh") },
    orders: [] as PlumOrder[],
    products: [
      {
        productId: 15_365,
        name: "Amazon.it",
        currencyCode: "EUR",
        countryCode: "IT",
        valueType: "fixed_denomination",
        valueDenominations: "10,19.99,50",
        deliveryType: "realtime",
      },
    ] as PlumProduct[],
    calls: [] as string[],
    tokens: [] as string[],
    faults: {} as PlumApi["faults"],
    behaviour: {
      balance: 5_000,
      inStock: true,
      voucher: {
        type: "codePin",
        code: () => `PLUM-${randomUUID().slice(0, 13).toUpperCase()}`,
        pin: "9876",
        validity: "2027-12-31",
      },
      duplicate: failure(422, "PLE10004", "Failed to validate client's externalOrderId"),
      longestPage: 1_000,
    } as PlumApi["behaviour"],
  };
  let refreshToken = api.client.refreshToken;
  const access = new Set<string>();

  const vouchersOf = (order: PlumOrder, details: boolean) => {
    if (order.deliveryStatus !== "delivered") return [];
    const { productId, denomination: amount } = order.body;
    const currency = api.products.find((each) => each.productId === productId)?.currencyCode;
    const { type, validity } = api.behaviour.voucher;
    const shared = { productId, voucherCode: order.code, pin: order.pin, validity, amount, currency };
    return [details ? shared : { ...shared, orderId: order.orderId, country: "IT", type }];
  };
  const shown = (order: PlumOrder, details: boolean) => {
    const { productId, denomination } = order.body;
    const product = api.products.find((each) => each.productId === productId);
    return {
      orderId: order.orderId,
      orderTotal: denomination,
      orderDiscount: "",
      discountPercent: "0",
      // of the wallet
      currencyCode: "USD",
      currencyValue: 1,
      amountCharged: denomination,
      orderStatus: order.deliveryStatus === "canceled" ? "canceled" : "complete",
      deliveryStatus: order.deliveryStatus,
      tag: "",
      quantity: 1,
      vouchers: vouchersOf(order, details),
      voucherDetails: [
        {
          orderId: order.orderId,
          productId,
          productName: product?.name,
          currencyCode: product?.currencyCode,
          productStatus: order.deliveryStatus,
          denomination,
        },
      ],
    };
  };

  const placeOrder = (data: unknown): Answer => {
    const parsed = orderRequest.safeParse(data);
    if (!parsed.success)
      return failure(400, "PLE10001", "Validation error in place order", z.prettifyError(parsed.error));
    const body = parsed.data;
    if (api.orders.some((order) => order.body.poNumber === body.poNumber)) return api.behaviour.duplicate;
    const product = api.products.find((each) => each.productId === body.productId);
    if (!product) return failure(404, "PLE10042", "This product is not activated for the client.");
    const fixed = product.valueType === "fixed_denomination";
    if (fixed && !(product.valueDenominations ?? "").split(",").map(Number).includes(body.denomination))
      return failure(400, "PLE10018", "Invalid denomination for the product");
    if (!api.behaviour.inStock) return failure(502, "PLE10024", "Vouchers are out of stock");
    api.behaviour.balance -= body.denomination;
    const order: PlumOrder = {
      orderId: 98_765_000 + api.orders.length,
      body,
      deliveryStatus: product.deliveryType === "delayed" ? "pending" : "delivered",
      code: api.behaviour.voucher.code(),
      pin: api.behaviour.voucher.pin,
      hidden: api.faults.afterAccept === "PLE10035",
    };
    api.orders.push(order);
    return { status: 200, body: { data: { placeOrder: { status: 1, data: shown(order, false) } } } };
  };

  const operate = (query: string, data: Record<string, unknown>): Answer => {
    switch (query) {
      case "plumProAPI.query.getBalance":
        return {
          status: 200,
          body: { data: { getBalance: { status: 1, data: { value: api.behaviour.balance, currency: "USD" } } } },
        };
      case "plumProAPI.mutation.getVouchers": {
        const { limit, page } = z.object({ limit: z.int().positive(), page: z.int().positive() }).parse(data);
        const size = Math.min(limit, api.behaviour.longestPage);
        const found = api.products.slice((page - 1) * size, page * size);
        if (found.length === 0) return failure(404, "PLE10030", "Failed to find vouchers.", "No Vouchers Found");
        return { status: 200, body: { data: { getVouchers: { status: 1, data: found } } } };
      }
      case "plumProAPI.mutation.placeOrder":
        return placeOrder(data);
      case "plumProAPI.mutation.getOrderDetails": {
        const { poNumber } = z
          .strictObject({ poNumber: z.string(), orderId: z.literal(0), sendMailToReceiver: z.literal(0) })
          .parse(data);
        const order = api.orders.find((each) => each.body.poNumber === poNumber && !each.hidden);
        if (!order) return failure(404, "PLE10016", "Failed to get Order details");
        return { status: 200, body: { data: { getOrderDetails: { status: 1, data: shown(order, true) } } } };
      }
      default:
        return { status: 400, body: { error: "invalid_request", error_description: "unknown query" } };
    }
  };

  const renew = (sent: unknown): Answer => {
    const parsed = renewal.safeParse(sent);
    const { clientId, clientSecret } = api.client;
    if (!parsed.success) return { status: 400, body: { error: "invalid_request", error_description: "missing" } };
    const { refresh_token, client_id, client_secret } = parsed.data;
    if (client_id !== clientId || client_secret !== clientSecret || refresh_token !== refreshToken)
      return { status: 401, body: { error: "Unauthorized" } };
    refreshToken = secret("refresh");
    const token = secret("access");
    access.add(token);
    api.tokens.push(token, refreshToken);
    return {
      status: 200,
      body: {
        access_token: token,
        token_type: "bearer",
        expires_in: "1296000",
        refresh_token: refreshToken,
        access_token_expiry: "1718000000000",
        refresh_token_expiry: "1720000000000",
      },
    };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const reply = ({ status, body = {}, headers = {} }: Answer) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const sent: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const { instead, afterAccept } = api.faults;
    if (request.method === "POST" && request.url === "/chef/v1/oauth/token/user") {
      api.calls.push("token");
      if (instead?.to === "token") return reply(instead);
      await api.faults.renewalWaits;
      return reply(renew(sent));
    }
    if (request.method !== "POST" || request.url !== "/chef/v1/oauth/api") return reply({ status: 404 });
    const { query, variables } = envelope.parse(sent);
    const name = query.replace(/^plumProAPI\.(query|mutation)\./, "");
    api.calls.push(name);
    if (instead?.to === name) return reply(instead);
    if (!access.has(request.headers.authorization?.replace(/^Bearer /, "") ?? ""))
      return reply({ status: 401, body: { error: "Unauthorized" } });
    const given = operate(query, variables.data);
    if (name === "placeOrder" && given.status === 200 && afterAccept !== undefined) {
      if (afterAccept === "hang") return;
      if (afterAccept === "reset") return request.socket.resetAndDestroy();
      if (afterAccept === 500) return reply({ status: 500, body: { error: "Internal Server Error" } });
      return reply(failure(502, "PLE10035", "Failed to get order details to check status of order"));
    }
    reply(given);
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...api,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chef`,
    endAccess: () => access.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
