import { type Reply, vendorCall } from "../vendor-call.ts";
import { baseOf, type PlumSettings } from "./settings.ts";
import type { Token, Tokens } from "./tokens.ts";
import { vendorError } from "./vendor-error.ts";

/** A page of the catalogue, with the terms of each product, is long. */
const MOST_BYTES = 20_000_000;

/** The selectors of Plum's one endpoint: giftcard-api/spec.yaml. */
export type Query =
  | "plumProAPI.query.getBalance"
  | "plumProAPI.mutation.getVouchers"
  | "plumProAPI.mutation.placeOrder"
  | "plumProAPI.mutation.getOrderDetails";

export type Operated =
  | { asked: true; reply: Reply }
  | { asked: false; refusal: Extract<Token, { ok: false }>["refusal"] };

export type Operate = (query: Query, data: object, timeoutMs: number) => Promise<Operated>;

/**
 * Runs operations of an account. Where Plum does not know the access token, nothing was done: it is renewed, and the same
 * operation is asked for once more.
 */
export const operator = (settings: PlumSettings, tokens: Tokens): Operate => {
  const url = `${baseOf(settings)}/v1/oauth/api`;
  return async (query, data, timeoutMs) => {
    const body = { query, tag: "plumProAPI", variables: { data } };
    const first = await tokens.token();
    if (!first.ok) return { asked: false, refusal: first.refusal };
    const call = (token: string) =>
      vendorCall({
        method: "POST",
        url,
        headers: { authorization: `Bearer ${token}` },
        body,
        timeoutMs,
        mostBytes: MOST_BYTES,
      });
    const reply = await call(first.token);
    // with an errorId it is the user, the company or this address that is refused, not the token
    if (reply.status !== 401 || vendorError(reply, []).id !== undefined) return { asked: true, reply };
    const second = await tokens.token(first.token);
    if (!second.ok) return { asked: false, refusal: second.refusal };
    return { asked: true, reply: await call(second.token) };
  };
};
