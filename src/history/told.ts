import type { Fact, RecordKind } from "../events.ts";

/** One event of an imported file: what was true of a record from one moment on. */
export interface ToldEvent {
  key: string;
  type: string;
  subject: { kind: RecordKind; id: string };
  /** ISO 8601, UTC. */
  occurredAt: string;
  facts: Fact[];
}

/** A line that cannot be used: which, what it has, what was expected. Line 0: the file as a whole. */
export interface BadLine {
  line: number;
  found: string;
  expected: string;
}

/** Checks one event in the shape that other systems post (docs/connect-webhook.md), and says what is wrong with it. */
export type ReadPosted = (
  item: unknown,
) => { event: ToldEvent } | { bad: { place: string; found: string; expected: string } };
