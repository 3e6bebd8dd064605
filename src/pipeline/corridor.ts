/** What the steps work with. `main.ts` builds it once; tests build it with a clock and vendors of their own. */
import type { Connection } from "../../connectors/index.ts";
import type { ChannelName, NoticeKind, Rendered, Sender } from "../channels/channel.ts";
import type { NoticeMessage, RewardMessage } from "../channels/index.ts";
import type { Brake } from "../config-money.ts";
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
import type { ActiveRules } from "./rule-versions.ts";

export interface OpenProvider {
  id: string;
  kind: ProviderKind;
  provider: Provider;
}

export interface OpenChannel {
  channel: ChannelName;
  /** The sender's id: `smtp`, `twilio`, `outbox`. */
  sender: string;
  /** True: sending the same message again does no harm, so an interrupted send is simply repeated. */
  repeatable: boolean;
  send: Sender["send"];
}

export interface Workspace {
  name: string;
  /** ISO 4217. */
  currency: string;
  /** IANA name. */
  timeZone: string;
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
  providers: ReadonlyMap<string, OpenProvider>;
  channels: ReadonlyMap<ChannelName, OpenChannel>;
  render(channel: ChannelName, language: string, message: RewardMessage): Rendered;
  renderNotice(kind: NoticeKind, channel: ChannelName, language: string, message: NoticeMessage): Rendered;
  rules: ActiveRules;
  doorbell: Doorbell;
  sealer: Sealer;
  log: Log;
  telemetry: Telemetry;
  now: () => Date;
}
