/**
 * Tango's RaaS API, version 2, as its documentation describes it: orders with an idempotent `externalRefID` per account,
 * accounts, the catalogue, and the ways in which it can go wrong.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Answer, openVendorDoor, type VendorDoor } from "./vendor-door.ts";

const orderRequest = z.strictObject({
  customerIdentifier: z.string().min(5).max(100),
  accountIdentifier: z.string().min(5).max(100),
  externalRefID: z.string().max(100),
  utid: z.string(),
  amount: z.number().positive(),
  deliveryMethod: z.literal("NONE"),
  recipient: z.strictObject({
    firstName: z.string().max(100).exactOptional(),
    lastName: z.string().max(100).exactOptional(),
    email: z.string().exactOptional(),
  }),
});

interface HeldOrder {
  referenceOrderID: string;
  body: z.infer<typeof orderRequest>;
  status: string;
  claimCode: string;
}

export interface TangoItem {
  utid: string;
  rewardName: string;
  currencyCode: string;
  status: string;
  valueType: "FIXED_VALUE" | "VARIABLE_VALUE";
  faceValue?: number;
  minValue?: number;
  maxValue?: number;
  countries: string[];
}

export interface TangoApi extends VendorDoor {
  platformName: string;
  platformKey: string;
  orders: HeldOrder[];
  items: TangoItem[];
  /** How the next orders come out. */
  behaviour: {
    balance: number;
    status: string;
    /** Whether an order shows its credentials. */
    shows: boolean;
    /** Orders under any key are still in process. */
    inProcess: boolean;
    /** What a credential consists of, by type. */
    credentials: (order: HeldOrder) => Record<string, string>;
  };
}

export const ACCOUNT = "acme-rewards";
export const CUSTOMER = "acme-company";

const error = (status: number, i18nKey: string, message: string, path?: string): Answer => ({
  status,
  body: {
    timestamp: "2026-11-23T09:00:00.000Z",
    requestId: randomUUID(),
    path: "/raas/v2/orders",
    httpCode: status,
    httpPhrase: "Error",
    ...(path ? { errors: [{ path, i18nKey, message }] } : { message, i18nKey }),
  },
});

/** Starts one. `faults`, `behaviour` and `items` are changed as the test goes. */
export const startTangoApi = async (): Promise<TangoApi> => {
  const platformName = "AcmePlatform";
  const platformKey = `key-of-tango-${randomUUID()}`;
  const basic = `Basic ${Buffer.from(`${platformName}:${platformKey}`).toString("base64")}`;
  const orders: HeldOrder[] = [];
  const items: TangoItem[] = [
    {
      utid: "U561593",
      rewardName: "Amazon.it",
      currencyCode: "EUR",
      status: "active",
      valueType: "VARIABLE_VALUE",
      minValue: 1,
      maxValue: 500,
      countries: ["IT"],
    },
    {
      utid: "U666425",
      rewardName: "Coffee card",
      currencyCode: "USD",
      status: "active",
      valueType: "FIXED_VALUE",
      faceValue: 25,
      countries: ["US"],
    },
  ];
  const behaviour: TangoApi["behaviour"] = {
    balance: 50_000,
    status: "COMPLETE",
    shows: true,
    inProcess: false,
    credentials: ({ claimCode }) => ({ claimCode, expirationDate: "2027-11-30T00:00:00Z" }),
  };

  const listed = ({ referenceOrderID, body, status }: HeldOrder) => ({
    referenceOrderID,
    externalRefID: body.externalRefID,
    customerIdentifier: body.customerIdentifier,
    accountIdentifier: body.accountIdentifier,
    amountCharged: { value: body.amount, currencyCode: "EUR", total: body.amount },
    denomination: { value: body.amount, currencyCode: items.find(({ utid }) => utid === body.utid)?.currencyCode },
    utid: body.utid,
    rewardName: items.find(({ utid }) => utid === body.utid)?.rewardName,
    status,
    createdAt: "2026-11-23T09:00:00.000Z",
  });
  const whole = (order: HeldOrder) => ({
    ...listed(order),
    reward: {
      credentialList: Object.entries(behaviour.shows ? behaviour.credentials(order) : {}).map(([type, value]) => ({
        label: type,
        value,
        type: type.endsWith("Url") ? "url" : "text",
        credentialType: type,
      })),
      redemptionInstructions: "Enter the code.",
    },
  });

  const placeOrder = (sent: unknown): Answer => {
    const parsed = orderRequest.safeParse(sent);
    if (!parsed.success)
      return error(400, "422.001", "Unprocessable entity", String(parsed.error.issues[0]?.path.join(".")));
    const body = parsed.data;
    if (behaviour.inProcess)
      return error(409, "409.002", `Another order with the same external reference ID is currently in process`);
    const known = orders.find((each) => each.body.externalRefID === body.externalRefID);
    if (known) return { status: 200, body: whole(known) };
    const item = items.find(({ utid }) => utid === body.utid);
    if (!item) return error(400, "422.024", "The Item identifier provided is not valid.", "utid");
    if (item.status !== "active") return error(422, "422.030", "The item you requested is not active.");
    const { faceValue, minValue = 0, maxValue = 0 } = item;
    if (faceValue !== undefined && faceValue !== body.amount)
      return error(422, "422.027", `Amount is not correct for this fixed value item. Amount should be = ${faceValue}.`);
    if (faceValue === undefined && (body.amount < minValue || body.amount > maxValue))
      return error(422, "422.025", `Amount is not within the range: Min = ${minValue}, Max = ${maxValue}.`);
    if (body.recipient.email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(body.recipient.email))
      return error(422, "422.009", `The email address ${body.recipient.email} does not appear to be valid.`);
    if (body.amount > behaviour.balance)
      return error(402, "402.001", "There are insufficient funds in your account to process this order.");
    behaviour.balance -= body.amount;
    const order: HeldOrder = {
      referenceOrderID: `RA${orders.length}-${randomUUID().slice(0, 8)}`,
      body,
      status: behaviour.status,
      claimCode: `TANGO-${randomUUID()}`,
    };
    orders.push(order);
    return { status: 201, body: whole(order) };
  };

  const answer = (method: string, url: URL, body: unknown): Answer => {
    const call = `${method} ${url.pathname}`;
    if (call === "POST /orders") return placeOrder(body);
    if (call === "GET /orders") {
      const [key, account] = [url.searchParams.get("externalRefID"), url.searchParams.get("accountIdentifier")];
      const found = orders.filter(({ body: each }) => each.externalRefID === key && each.accountIdentifier === account);
      const page = { number: 0, elementsPerBlock: 100, resultCount: found.length, totalCount: found.length };
      return { status: 200, body: { page, orders: found.map(listed) } };
    }
    const [, kind, id] = url.pathname.split("/");
    if (method === "GET" && kind === "orders") {
      const order = orders.find((each) => each.referenceOrderID === id);
      return order ? { status: 200, body: whole(order) } : error(404, "404.017", "The order cannot be found.");
    }
    if (method === "GET" && kind === "accounts")
      return id === ACCOUNT
        ? {
            status: 200,
            body: { accountIdentifier: id, currentBalance: behaviour.balance, currencyCode: "EUR", status: "ACTIVE" },
          }
        : error(404, "404.003", "The account does not exist for this platform.");
    if (call === "GET /catalogs") {
      const brands = items.map((item) => ({ brandKey: item.utid, brandName: item.rewardName, items: [item] }));
      return { status: 200, body: { catalogName: "Acme", brands } };
    }
    return error(404, "404.001", "Not found");
  };

  const door = await openVendorDoor({
    signedIn: ({ authorization }) => authorization === basic,
    refusal: error(401, "401.002", "Invalid HTTP Basic Authorization credentials"),
    answer,
  });
  return { ...door, platformName, platformKey, orders, items, behaviour };
};
