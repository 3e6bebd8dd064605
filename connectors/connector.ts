/**
 * The contract that every CRM connector keeps. A connector is data and pure functions: it knows one vendor's wire
 * format and nothing of our tables, rules or rewards. To add one: a folder here, and a line in `index.ts`.
 */
import type { ZodType } from "zod";
import type { CrmEvent, Fact, Subject } from "../src/events.ts";
import type { Check } from "../src/outcome.ts";
import type { Writer } from "./write-back.ts";

export type { Check };

/** A request as it arrived at `POST /webhooks/{connection}[/{rest}]`. */
export interface RawRequest {
  method: string;
  /** The public URL that the CRM called: PUBLIC_URL plus path and query exactly as received. HubSpot signs this text. */
  url: string;
  /** What follows `/webhooks/{connection}` without slashes at the ends; `""` where nothing follows. */
  rest: string;
  /** Lower-case names; a repeated header joined with `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came, never re-serialised. Decompressed where the sender compressed. */
  body: Buffer;
}

declare const verifiedBrand: unique symbol;
/** What `verify` made sure of. Only `verified()` makes one, so an unverified request cannot be stored. */
export interface Verified {
  readonly [verifiedBrand]: true;
  /** The part of the connector that understands the body: `events`, `workflow`, `outbound-message`, `callout`, … */
  readonly format: string;
  /** The bytes to keep. Usually the body as it came; a connector removes what may not be stored (a session id). */
  readonly body: Buffer;
}
export const verified = (format: string, body: Buffer): Verified => ({ format, body }) as Verified;

/**
 * Why a request was not taken. `reason` is a short slug for the log and the metrics; the sender is told only the status.
 * 401 wrong, missing or stale signature; 404 wrong secret path; 400 not the format it claims to be.
 */
export interface Refused {
  refused: 400 | 401 | 404;
  reason: string;
}

/** A delivery as it was stored, given back for understanding. */
export interface Delivery {
  connection: string;
  format: string;
  body: Buffer;
  receivedAt: Date;
}

/** One part of a delivery: an event, or what could not be understood, which is parked with its reason. */
export type Unpacked = { event: CrmEvent } | { bad: BadEvent };
export interface BadEvent {
  /** Stable for the same bytes, so that the same bad event parks once. */
  key: string;
  /** Where in the delivery: `[3].objectId`, `Notification[2]`. */
  place: string;
  found: string;
  expected: string;
}

/** What a read of the CRM gave for one subject. */
export type ReadResult =
  | { subject: Subject; facts: Fact[] }
  /** The CRM answered, without this record (deleted, or not visible to us), or refused it alone. */
  | { subject: Subject; missing: string };

/** The CRM could not be read now. Nothing of the batch is lost: the events wait. */
export interface ReadFailure {
  failed: "unauthorised" | "forbidden" | "limited" | "unavailable";
  /** One line for a person: what was called, what came back, what to do. No secrets, no personal data. */
  detail: string;
  /** How long the CRM asks us to wait; absent where it does not say. */
  afterMs?: number;
}

export interface Reader {
  /** Most subjects that one call of `read` takes. */
  batch: number;
  /** Reads records of one kind, with what is needed around them (owners, associations, pipelines), as facts on any record. */
  read(subjects: Subject[], receivedAt: Date): Promise<ReadResult[] | ReadFailure>;
}

/** OAuth tokens of one connection, kept by us across restarts, encrypted at rest. */
export interface TokenVault {
  /**
   * Runs `change` under the one lock of this connection (across processes), with the newest stored text, and stores what
   * it returns. Concurrent callers wait, then see the other's result and need not refresh again.
   */
  exclusively(change: (stored: string | null) => Promise<string>): Promise<string>;
}

/** What the host gives to a connector that calls its CRM. */
export interface Surroundings {
  connection: string;
  tokens: TokenVault;
  now: () => Date;
}

export interface Connector<S = unknown> {
  id: string;
  /** The name people know: "HubSpot". */
  label: string;
  /** What an integrator writes under `connections.<id>` in accolade.yaml, beside `connector:`. Every key has `.describe()`. */
  settings: ZodType<S>;
  /** Names of settings that are secret, for masking. */
  secrets: readonly string[];
  verify(request: RawRequest, settings: S, now: Date): Verified | Refused;
  /** The body that the CRM wants back once the row is committed. Absent: 202, empty. */
  answer?(delivery: Verified): { status: number; contentType: string; body: string };
  /** Pure: the same delivery gives the same events with the same keys. Never throws for what a vendor or stranger sent. */
  unpack(delivery: Delivery, settings: S): Unpacked[];
  /** Absent, or null from it: this connection is not read, its deliveries must be whole. */
  reader?(settings: S, around: Surroundings): Reader | null;
  /** Absent, or null from it: nothing is written into this CRM. */
  writer?(settings: S, around: Surroundings): Writer | null;
  /** What doctor asks of the live CRM: credentials, account, scopes. */
  check?(settings: S, around: Surroundings): Promise<Check[]>;
  /** Exact URL and clicks for the integrator, one line each, for `accolade doctor` and the docs. */
  setUp(settings: S, webhookUrl: string): string[];
}

/** Keeps a connector's own settings type inside its folder, and gives the list one common type. */
export const defineConnector = <S>(connector: Connector<S>): Connector<S> => connector;
