/** What a connector can write into its CRM about rewards, where an integrator asks for it: `writeBack:` of a connection. */
import { z } from "zod";
import type { FactValue, Subject } from "../src/events.ts";
import type { Outcome } from "../src/outcome.ts";

/** What a field of a CRM record can hold, by our name. */
export const writtenFields = ["rewards", "count", "rules", "date"] as const;
export type WrittenField = (typeof writtenFields)[number];

export type WriteRequest =
  | {
      what: "note";
      subject: Subject;
      /** The same on each repeat, and in no other note: `accolade:<uuid>`. It stands in the note. */
      marker: string;
      title: string;
      text: string;
      /** When what it tells of happened. */
      at: Date;
    }
  | { what: "fields"; subject: Subject; values: Readonly<Record<WrittenField, FactValue>> };
export type NoteRequest = Extract<WriteRequest, { what: "note" }>;

export type WriteOutcome = Outcome;

/** The record is not there any more: nothing can be written about it. */
export const gone = (detail: string): WriteOutcome => ({
  outcome: "rejected",
  kind: "permanent",
  code: "gone",
  detail,
});
/** An admin has to mend something; then it can go on. */
export const misconfigured = (code: string, detail: string): WriteOutcome => ({
  outcome: "rejected",
  kind: "configuration",
  code,
  detail,
});
export const later = (afterMs: number, detail: string): WriteOutcome => ({ outcome: "retryLater", afterMs, detail });
/** Nobody knows whether it was written. */
export const notKnown = (detail: string): WriteOutcome => ({ outcome: "unknown", detail });

/** What became of a note. `unknown`: the CRM could not be asked now. */
export type NoteFound = { found: true; reference: string } | { found: false } | { found: "unknown"; detail: string };

export interface Writer {
  /** What the settings ask for. */
  note: boolean;
  fields: boolean;
  /** A note sent twice under one marker is one note: then it is repeated, and never looked for. */
  repeatable: boolean;
  /** Never throws for what the CRM answers. Fields can be written again at any time; a note only where `findNote` found none. */
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** Looks for a note by its marker, on its record. */
  findNote(request: NoteRequest): Promise<NoteFound>;
}

/** Kinds of record that are written to. */
export const writtenKinds = ["deal", "contact"] as const;
export type WrittenKind = (typeof writtenKinds)[number];
export const isWrittenKind = (kind: string): kind is WrittenKind => writtenKinds.some((each) => each === kind);

/** What every connector's `writeBack:` has; `fieldName` checks the CRM's own name of a field. */
export const writeBackShape = (fieldName: z.ZodType<string, string>) => ({
  note: z
    .boolean()
    .default(false)
    .describe(
      "true: a note on the deal or contact when a reward was supplied, when it was taken back, and when it came back",
    ),
  fields: z
    .partialRecord(z.enum(writtenFields), fieldName)
    .default({})
    .describe(
      "Fields of the deal or contact to keep up to date: `rewards` (what was given, as text), `count`, `rules` (their ids), `date` (of the last change) → the CRM's name of the field",
    ),
});
