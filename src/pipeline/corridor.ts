/** What the steps work with. `main.ts` builds it once; tests build it with a clock and vendors of their own. */
import type { Connection } from "../../connectors/index.ts";
import type { ChannelName, NoticeKind, Rendered, Sender } from "../channels/channel.ts";
import type { NoticeMessage, Renderer, RewardMessage } from "../channels/index.ts";
import type { Rate } from "../channels/rate.ts";
import type { Brake } from "../config-money.ts";
import type { Endpoint } from "../config-webhooks.ts";
import type { Database } from "../db/sql.ts";
import type { RecordKind } from "../events.ts";
import type { Log } from "../log.ts";
import type { QuietHours } from "../people/quiet-hours.ts";
import type { Doorbell } from "../queue/queue.ts";
import type { Rates } from "../rates.ts";
import type { Provider, ProviderKind } from "../rewards/provider.ts";
import type { Sealer } from "../sealer.ts";
import type { Telemetry } from "../telemetry.ts";
import type { User } from "../users.ts";
import type { Catalogs } from "./catalogs.ts";
import type { ActiveRules } from "./rule-versions.ts";

export interface OpenProvider {
  id: string;
  kind: ProviderKind;
  provider: Provider;
}

/** What carries messages to one place. */
export interface Carrier {
  /** The channel's name, or `celebration:<name>`. */
  channel: string;
  /** The sender's id: `smtp`, `twilio`, `outbox`. */
  sender: string;
  /** True: sending the same message again does no harm, so an interrupted send is simply repeated. */
  repeatable: boolean;
  /** Null: as fast as it goes. */
  rate: Rate | null;
  send: Sender["send"];
}

export interface OpenChannel extends Carrier {
  channel: ChannelName;
  /** Absent: it hears nothing back. */
  receive?: NonNullable<Sender["receive"]>;
  /** Reads a mail that came back. Absent: none do. */
  hearMail?: NonNullable<Sender["hearMail"]>;
  /** `required`: nobody is written to who did not agree. */
  optIn: "required" | "assumed";
}

/** Where a team reads of its rewards. */
export interface OpenCelebration extends Carrier {
  /** Null: everybody's. */
  team: string | null;
  /** Null: the workspace's. */
  language: string | null;
}

export interface Workspace {
  name: string;
  /** ISO 4217. */
  currency: string;
  /** IANA name. */
  timeZone: string;
  /** ISO 3166-1 alpha-2; left out: as the time zone says. */
  country?: string | undefined;
  language: string;
  /** How much of the workspace currency one unit of the other is worth, and from when. */
  rates: Rates;
  /** By kind of record: the fields that it should have filled. */
  required: Readonly<Partial<Record<RecordKind, readonly string[]>>>;
  /** For how many days a recipient can dispute a reward; 0: not at all. */
  disputeDays: number;
  /** When nobody is written to, in each recipient's own time zone, unless they say otherwise. */
  quietHours: QuietHours | "off";
}

export interface Corridor {
  database: Database;
  workspace: Workspace;
  /** Null: nothing brakes. */
  brake: Brake | null;
  users: readonly User[];
  /** Without a slash at the end. */
  publicUrl: string;
  connections: ReadonlyMap<string, Connection>;
  /** Whom we tell of what happens here, by id. */
  endpoints: ReadonlyMap<string, Endpoint>;
  providers: ReadonlyMap<string, OpenProvider>;
  /** What they can supply, as they said last. */
  catalogs: Catalogs;
  channels: ReadonlyMap<ChannelName, OpenChannel>;
  /** By `celebration:<name>`. */
  celebrations: ReadonlyMap<string, OpenCelebration>;
  renderCelebration: Renderer["renderCelebration"];
  render(channel: ChannelName, language: string, message: RewardMessage): Rendered;
  renderNotice(kind: NoticeKind, channel: ChannelName, language: string, message: NoticeMessage): Rendered;
  rules: ActiveRules;
  doorbell: Doorbell;
  sealer: Sealer;
  log: Log;
  telemetry: Telemetry;
  now: () => Date;
}
