/**
 * How one kind of CRM tells what happened: its own wire format and its own signature. Written from the vendors'
 * documentation and without a look at `connectors/`, so that the two judge each other.
 */
import type { FactValue } from "../events.ts";
import type { Save, StoryRecord } from "./story.ts";

/** One event in the CRM's own form. What a request repeats, it repeats from here. */
export interface WireEvent {
  record: StoryRecord;
  payload: Readonly<Record<string, unknown>>;
}

export interface ToSend {
  event: WireEvent;
  /** 0 the first time, then 1, 2, … */
  attempt: number;
}

/** The stages of a CRM's deals, by what they mean. */
export interface Stages {
  open: readonly [string, ...string[]];
  won: string;
  lost: string;
}

export interface Dialect {
  /** What follows `/webhooks/{connection}`: empty, or beginning with a slash. */
  path: string;
  /** Every property carries a moment of its own. */
  spread: boolean;
  stages: Stages;
  /** Whether it can tell this field of this kind of record at all. */
  carries(kind: StoryRecord["kind"], field: string): boolean;
  newId(kind: StoryRecord["kind"]): string;
  /** A CRM user that nobody knows. */
  newOwner(): string;
  /** The events of one save. `known`: every field of the record after it. */
  say(save: Save, known: ReadonlyMap<string, FactValue>): WireEvent[];
  /** One request with these events, signed for the address that the server is known by. */
  pack(events: readonly ToSend[], signedUrl: string, now: Date): { headers: Record<string, string>; body: string };
}

/** Most events in one request, in all three formats. */
export const MOST_EVENTS = 100;

/** What a connection cannot be played over, and why. */
export type DialectRefused = { cannot: string };
