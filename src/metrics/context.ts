import type { FactValue, RecordKind } from "../events.ts";
import type { Exchange } from "../rates.ts";
import type { RecordHistory } from "../records/timeline.ts";
import type { Timeline } from "./timeline.ts";

/** What contributions rest on beside a record's own history. Everything in it is loaded beforehand: nothing here asks a database. */
export interface MetricContext {
  /** The local calendar day of an instant, in the workspace's time zone. */
  dayOf(at: string): string;
  exchange: Exchange;
  required: Readonly<Partial<Record<RecordKind, readonly string[]>>>;
  /** What changes within this time after a moment belongs to it: one save in a CRM. */
  saveMs: number;
  /** What a field was at the end of the save at that moment. */
  valueAt(history: RecordHistory, field: string, at: string): FactValue;
  /** The teams of a CRM user. */
  teamOf(connection: string, userId: string): Timeline;
  /** The record that a merged one lives on as; itself where it was not merged. */
  survivor(connection: string, kind: RecordKind, id: string): string;
  /** When a referred lead, contact, company or deal became a customer; null: not yet. */
  convertedAt(connection: string, kind: RecordKind, id: string): string | null;
}
