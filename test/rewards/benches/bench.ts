/** What the provider suite needs to know of a kind: how to open it, what it holds, and how it is made to fail. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Database } from "../../../src/db/sql.ts";
import type { Rejection } from "../../../src/outcome.ts";
import type { ReceiptRequest } from "../../../src/receipt.ts";
import {
  type CancelOutcome,
  type OrderRequest,
  openProvider,
  type Provider,
  type ProviderSurroundings,
} from "../../../src/rewards/index.ts";
import { createSealer } from "../../../src/sealer.ts";

export const now = new Date("2026-11-23T09:00:00Z");
export const sealer = createSealer(["a secret of this test, long enough for a key"]);

export interface Arranged {
  provider: Provider;
  request: OrderRequest;
  /** Puts right what was arranged. Gives the provider with which the same request is tried again. */
  mend(): Promise<Provider>;
}

export interface ProviderBench {
  /** As another process would have it. */
  open(): Provider;
  /** An order for a grant of its own. */
  request(): Promise<OrderRequest>;
  /** How many rewards exist under this key. */
  held(key: string): Promise<number>;
  /** It keeps no rewards of its own: `held` says nothing. */
  holdsNothing?: true;
  /** Whether an order can be found again by its key. */
  remembers: boolean;
  refusals: { name: string; kind: Rejection; code: string; arrange(): Promise<Arranged> }[];
  waits: { name: string; afterMs: number; arrange(): Promise<Arranged> }[];
  /** `taken`: whether the vendor has the order although nobody heard so. */
  doubts: { name: string; taken: boolean; arrange(): Promise<Arranged> }[];
  /** What becomes of taking back an order that was just accepted, unseen and seen by its recipient. */
  takenBack: { unseen: CancelOutcome["outcome"]; seen: CancelOutcome["outcome"] };
  /** Other ways that it can end. `endsAs`: what it comes to once mended and asked again. */
  cancels: {
    name: string;
    outcome: CancelOutcome["outcome"];
    endsAs: CancelOutcome["outcome"];
    arrange(): Promise<Arranged>;
  }[];
  /** What the vendor sends by itself; absent of who only is asked. */
  receipts?: ReceiptBench;
  /** What may stand in no detail, warning or check. */
  secrets(): string[];
  warnings: string[];
  close(): Promise<void>;
}

export interface ReceiptBench {
  /** Of the provider in accolade.yaml, with the secret that receipts are verified by. */
  settings: Record<string, unknown>;
  /** Keys of a reward in the rule book that it supplies. */
  reward: string;
  /** What the vendor can tell, in its own words: of an order, and of anything else. */
  ofOrders: readonly string[];
  others: readonly string[];
  /** A genuine one, about the order that the vendor has under this key. `wrong`: by somebody who guesses the secret. */
  request(what: string, key: string, secret?: "wrong"): ReceiptRequest;
  /** Headers without which it is refused. */
  proofs: readonly string[];
  /** No byte of the body may change; otherwise a secret goes with it, and whoever has that is believed. */
  signsBody: boolean;
}

export const recipient = {
  id: "8d6f0d3e-0000-4000-8000-000000000001",
  name: "Giulia Bianchi",
  email: "giulia@example.com",
  language: "it",
};

export const surroundings = (sql: Database, id: string, warnings: string[]): ProviderSurroundings => ({
  id,
  sql,
  sealer,
  now: () => now,
  warn: (about, text) => warnings.push(`${about}: ${text}`),
});

export const opened = (kind: string, settings: unknown, around: ProviderSurroundings): Provider => {
  const result = openProvider(kind, settings, around);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.provider;
};

/** A port of this machine on which nobody listens. */
export const unusedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
