/**
 * The contract that every reward provider keeps. To add one: a file (or folder) here, and a line in `index.ts`.
 *
 * A provider supplies a reward once per `key`, whatever is asked how often. It never decides who gets what, and it never
 * tells the recipient: that is the corridor's and the channels' work.
 */
import type { ZodType } from "zod";
import type { Database } from "../db/sql.ts";
import type { Money } from "../money.ts";
import type { Check, Outcome } from "../outcome.ts";
import type { ProviderReceipt, ReceiptRequest, Received } from "../receipt.ts";
import type { Sealer } from "../sealer.ts";

/** What is ordered. Frozen in `orders.request` (as JSON) before the first attempt, and never built anew. */
export interface OrderRequest {
  /** The idempotency key at the vendor: the grant id, and a UUID of its own for each order after the first. */
  key: string;
  value: Money;
  /** The reward's own options from the rule book, as `options` of this provider parsed them. */
  options: unknown;
  /** Shown to the recipient by vendors that show anything. */
  title: string;
  recipient: { id: string; name: string | null; email: string | null; language: string };
}

/** What the recipient can use. Sealed at rest, shown only on the claim page and only on request. */
export type RewardContent =
  | { kind: "points" }
  | { kind: "code"; code: string; pin?: string; expiresOn?: string; url?: string }
  | { kind: "link"; url: string; pin?: string; expiresOn?: string }
  /** A person hands it over: how far they are stands in the task of this id. */
  | { kind: "task"; task: string };

export type OrderOutcome = Outcome<{ reference: string; content: RewardContent }>;

export type Found =
  /** The order exists at the provider and is ours: same value, same recipient. */
  | { found: true; reference: string; content: RewardContent }
  /** The provider says for certain that no order has this key. The same request may be sent again. */
  | { found: false }
  /** It has an order under this key that is not what we asked for: a person must look. */
  | { found: "different"; detail: string }
  /** It had the order, and nothing stands under this key any more: a person or the vendor took it back there. */
  | { found: "cancelled"; detail: string }
  | { found: "unknown"; detail: string };

/** What became of taking an order back. */
export type CancelOutcome =
  /** Nothing stands under this key: it was taken back, now or before, or there never was an order. */
  | { outcome: "cancelled" }
  /** The recipient has used it, or seen what others could use as well. */
  | { outcome: "used" }
  /** The provider takes nothing of this kind back. The detail says why, for a person. */
  | { outcome: "cannot"; detail: string }
  /** Not processed: asked again later. */
  | { outcome: "retryLater"; afterMs: number; detail: string }
  /** Nobody knows whether it was taken back: asked again, see `cancel`. */
  | { outcome: "unknown"; detail: string };

/** Something that a provider can supply, by the id that a reward's `options` name it by. */
export interface Product {
  id: string;
  name: string;
  currency: string;
  /** ISO 3166-1 alpha-2; empty: everywhere. */
  countries: readonly string[];
  /** Face values in minor units: these and no others, or anything from … to …, both included. */
  values: { of: readonly number[] } | { from: number; to: number };
  /** Arrives within seconds; otherwise somebody takes days over it. */
  atOnce: boolean;
}

/** What a vendor was asked for and told, or why it could not be asked. */
export type Asked<T> = { ok: true; value: T } | { ok: false; detail: string };

/** What the host gives to a provider. */
export interface ProviderSurroundings {
  /** The provider's id in accolade.yaml. */
  id: string;
  sql: Pick<Database, "rows" | "row" | "run" | "transaction">;
  sealer: Sealer;
  now: () => Date;
  /** Something an admin should know and act on (low stock, low balance). Logged once per `about`, and counted. */
  warn(about: string, text: string): void;
}

export interface Provider {
  /** Places the order, idempotent by `request.key`. Never throws for anything a vendor or network does. */
  order(request: OrderRequest): Promise<OrderOutcome>;
  /** What became of an order of unknown outcome. Called no sooner than `settleAfterMs` after the attempt. */
  lookup(key: string, request: OrderRequest): Promise<Found>;
  /**
   * Takes back an order that was accepted. `seen`: the recipient was shown its content. Asked again it finds out what became
   * of the first time, so it may be repeated without harm. A provider without it takes nothing back.
   */
  cancel?(key: string, request: OrderRequest, seen: boolean): Promise<CancelOutcome>;
  /** The vendor's longest processing time: how long to wait before a look-up means anything. 0 for local ones. */
  settleAfterMs: number;
  /** `order`, `lookup` and `cancel` answer within this, whatever the vendor does: one that takes longer died with its process. */
  longestCallMs: number;
  /**
   * After this the vendor has forgotten a key: sent again it would buy once more. An order that is older is looked up, and
   * one that is known not to stand gets a new key. Without it keys are remembered for ever.
   */
  keyLivesMs?: number;
  /** One line of `accolade doctor` each. */
  check(): Promise<Check[]>;
  /** Everything that the account can order now. A provider without it supplies any amount of what its kind `supplies`. */
  catalog?(): Promise<Asked<readonly Product[]>>;
  /** What an order may be refused for, whatever the vendor's catalogue says of it; asked by `rules check`. Undefined: nothing. */
  misfit?(options: unknown, value: Money, catalog: readonly Product[]): string | undefined;
  /** Money that orders can still be placed with, by account or currency. A provider without it has no such limit. */
  balance?(): Promise<Asked<readonly Money[]>>;
  /** Somebody is told when the balance falls below this, in major units of each of its currencies. */
  lowBalance?: number;
  /** Verifies and reads a request at `/receipts/{provider}`. A provider without it is only asked. Never throws for what arrived. */
  receive?(request: ReceiptRequest): Promise<Received<ProviderReceipt>>;
}

export interface ProviderKind<S = unknown, O = unknown> {
  id: string;
  label: string;
  /** Under `providers.<id>` in accolade.yaml, beside `provider:`. Every key has `.describe()`. */
  settings: ZodType<S>;
  secrets: readonly string[];
  /** A reward's own keys in the rule book, beside id, title, provider, value: `pool`, `products`, … */
  options: ZodType<O>;
  /** Currencies it can supply: `points` only, any ISO currency, or both. */
  supplies: "points" | "money" | "both";
  /** What it supplies has the value that it has: an order for a part of a reward cannot be placed. */
  wholeOnly?: boolean;
  open(settings: S, around: ProviderSurroundings): Provider;
}

export const defineProvider = <S, O>(kind: ProviderKind<S, O>): ProviderKind<S, O> => kind;
