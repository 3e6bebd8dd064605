/** What the server needs from the rest of the house. `main.ts` fills it in from the corridor; tests with plain functions. */
import type { RawRequest } from "../../connectors/connector.ts";
import type { KeptMessage } from "../channels/outbox.ts";
import type { Log } from "../log.ts";
import type { Accepted } from "../pipeline/accept.ts";
import type { Claim } from "../pipeline/claim.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import type { Complaint, Raised } from "../pipeline/disputes.ts";
import type { ReceivedThere } from "../pipeline/receive.ts";
import type { Unsubscribable } from "../pipeline/unsubscribe.ts";
import type { ReceiptRequest } from "../receipt.ts";
import type { Telemetry } from "../telemetry.ts";
import type { PersonParts } from "./person-parts.ts";
import type { WallParts } from "./wall.ts";

export type { Claim } from "../pipeline/claim.ts";
export type { PersonPage } from "../pipeline/person-page.ts";
export type { ShownContent } from "../pipeline/shown-content.ts";
export type { Unsubscribable } from "../pipeline/unsubscribe.ts";

export interface HttpParts {
  /** `PUBLIC_URL` without a slash at the end. */
  publicUrl: string;
  workspaceName: string;
  log: Log;
  telemetry: Telemetry;
  /** Whether such a connection is configured: anything else is refused before its body is read. */
  hasConnection(connection: string): boolean;
  accept(connection: string, request: RawRequest): Promise<Accepted>;
  /** Whether too much waits to take more: a webhook is then put off before its body is read. Left out: never. */
  full?(): boolean;
  /** Whether anybody hears receipts under this name. */
  hasReceiver(name: string): boolean;
  /** What a vendor told of a message or an order; answered once it is committed. */
  receive(name: string, request: ReceiptRequest): Promise<ReceivedThere>;
  /** For /readyz: everything that has to be there, by name. */
  ready(): Promise<{ ok: boolean; parts: Record<string, boolean> }>;
  /** Looks, and changes nothing: link scanners open links too. Undefined: no such link, or revoked. */
  claim(token: string): Promise<Claim | undefined>;
  /** The recipient asked for it: the claim with its content where it can be shown. */
  reveal(token: string): Promise<Claim | undefined>;
  /** The recipient says that something is not right. */
  dispute(token: string, complaint: Complaint): Promise<Raised>;
  /** Looks at a link that stops mails, and changes nothing. */
  viewUnsubscribe(token: string): Promise<Unsubscribable | undefined>;
  /** Somebody wants no more mails, or them again. Undefined: no such link. */
  unsubscribe(token: string, what: "kind" | "all" | "again"): Promise<Unsubscribable | undefined>;
  /** The recipient's own page, behind a link of its own. */
  person: PersonParts;
  /** What the admin API works with; absent where this process does not serve it. */
  corridor?: Corridor;
  /** Absent where this process serves no pages. */
  wall?: WallParts;
  /** Only in a sandbox: newest first. */
  outbox?(): Promise<readonly KeptMessage[]>;
  /** Where the docs are, for the first page. */
  docsUrl?: string;
  /** Largest webhook body, before and after inflating. Default 5 MB. */
  bodyLimit?: number;
  /** How many proxies stand in front (they add X-Forwarded-For). Default 0: the caller's own address counts. */
  proxies?: number;
}
