import { z } from "zod";
import { recordKinds } from "../../src/events.ts";
import { isEventType } from "./event-type.ts";
import { follow, Path, possibleValues, Source, take } from "./source.ts";

const Fields = z.record(z.string().min(1).max(150), Source);

/** How a foreign JSON body becomes events of ours. */
export const EventMap = z
  .strictObject({
    each: Path.optional().describe("Path of the list that holds one item per event; left out: the body is one event"),
    key: Source.optional().describe("What tells one event from another: the sender's own id of it"),
    type: Source.describe("Type of the event; an item whose type has no translation is left aside"),
    subject: z
      .strictObject({
        kind: Source.describe("Kind of record: =deal, =contact, =company, =lead, =user, =ticket or =campaign"),
        id: Source.describe("The sender's id of the record"),
      })
      .describe("The record it is about"),
    occurredAt: Source.optional().describe(
      "When it happened: ISO 8601 with its offset, or seconds or milliseconds since 1970; left out: the time of receipt",
    ),
    record: Fields.optional().describe("Fields of the record: our name → where it is"),
    details: Fields.optional().describe("Details of an event such as survey.answered: name → where it is"),
  })
  .superRefine((map, problem) => {
    for (const value of possibleValues(map.type)) {
      if (typeof value === "string" && isEventType(value)) continue;
      problem.addIssue({ code: "custom", path: ["type"], message: `${JSON.stringify(value)} is not a type of event` });
    }
    for (const value of possibleValues(map.subject.kind)) {
      if (recordKinds.some((kind) => kind === value)) continue;
      const message = `${JSON.stringify(value)} is not a kind of record: ${recordKinds.join(", ")}`;
      problem.addIssue({ code: "custom", path: ["subject", "kind"], message });
    }
    if (map.key === undefined && map.occurredAt === undefined) {
      const message = "expected key or occurredAt: without both, the same thing happening twice looks like one";
      problem.addIssue({ code: "custom", path: [], message });
    }
  });
export type EventMap = z.infer<typeof EventMap>;

/** The items of a body, each with its place; undefined where `each` leads to no list. */
export const itemsOf = (map: EventMap, body: unknown): { item: unknown; place: string }[] | undefined => {
  if (map.each === undefined) return [{ item: body, place: "" }];
  const list = follow(map.each, body, body);
  return Array.isArray(list) ? list.map((item, index) => ({ item, place: `${map.each}[${index}]` })) : undefined;
};

/** One item in the form that other systems post to us, yet unchecked; null where its type is none of ours. */
export const mapped = (map: EventMap, item: unknown, body: unknown): Record<string, unknown> | null => {
  const type = take(map.type, item, body);
  if (type === undefined && typeof map.type !== "string") return null;
  const fields = (sources: Readonly<Record<string, Source>> | undefined) =>
    sources &&
    Object.fromEntries(
      Object.entries(sources).flatMap(([name, source]) => {
        const value = take(source, item, body);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  const key = map.key && take(map.key, item, body);
  const occurredAt = map.occurredAt && timeOf(take(map.occurredAt, item, body));
  return defined({
    type,
    subject: { kind: take(map.subject.kind, item, body), id: take(map.subject.id, item, body) },
    occurredAt,
    record: fields(map.record),
    details: fields(map.details),
    key: typeof key === "number" ? String(key) : key,
  });
};

/** Foreign systems count seconds or milliseconds; text is left to the check that follows. */
const timeOf = (value: unknown): unknown => {
  if (typeof value !== "number" && !(typeof value === "string" && /^\d{9,14}$/.test(value))) return value;
  const moment = new Date(Number(value) < 1e11 ? Number(value) * 1000 : Number(value));
  return Number.isNaN(moment.getTime()) ? value : moment.toISOString();
};

const defined = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
