import { z } from "zod";
import type { Surroundings } from "../connector.ts";
import {
  gone,
  isWrittenKind,
  later,
  misconfigured,
  type NoteFound,
  type NoteRequest,
  notKnown,
  type WriteOutcome,
  type Writer,
  type WrittenKind,
  writtenFields,
} from "../write-back.ts";
import { type Api, apiOf } from "./api.ts";
import { type ApiFailure, isFailure } from "./failure.ts";
import type { Settings } from "./settings.ts";
import { readTies } from "./ties.ts";

/** note→deal and note→contact (`AssociationTypes` of @hubspot/api-client 14). */
const noteTo: Readonly<Record<WrittenKind, number>> = { deal: 214, contact: 202 };
/** Of a batch read without histories. */
const mostNotes = 100;

const Created = z.object({ id: z.string() });
const Notes = z.object({
  results: z.array(z.object({ id: z.string(), properties: z.object({ hs_note_body: z.string().nullish() }) })),
});

/**
 * A note has no idempotency key in HubSpot. So each carries a marker, and is created together with its association: before a
 * repeat the notes of the record are read by their associations, which, unlike the search, do not lag behind.
 */
export const writer = (settings: Settings, around: Surroundings): Writer | null => {
  const { writeBack } = settings;
  const api = writeBack && apiOf(settings, around);
  if (!writeBack || !api) return null;
  return {
    note: writeBack.note,
    fields: Object.keys(writeBack.fields).length > 0,
    repeatable: false,
    write: async (request) => {
      const { kind, id } = request.subject;
      if (!isWrittenKind(kind) || !/^\d{1,16}$/.test(id)) return gone(`HubSpot has no ${kind} ${id}`);
      if (request.what === "note") return createNote(api, kind, request);
      const properties = Object.fromEntries(
        writtenFields.flatMap((field) => {
          const property = writeBack.fields[field];
          return property === undefined ? [] : [[property, String(request.values[field] ?? "")]];
        }),
      );
      const answer = await api.call(
        `writing fields of a ${kind}`,
        ({ crm }) =>
          kind === "deal"
            ? crm.deals.basicApi.update(id, { properties })
            : crm.contacts.basicApi.update(id, { properties }),
        Created,
      );
      // the same values once more do no harm
      return isFailure(answer) ? refusal(answer, true) : { outcome: "accepted", reference: id };
    },
    findNote: (request) => findNote(api, request),
  };
};

const createNote = async (
  api: Api,
  kind: WrittenKind,
  { marker, subject, title, text, at }: NoteRequest,
): Promise<WriteOutcome> => {
  // hs_timestamp and hs_note_body: https://developers.hubspot.com/docs/api-reference/crm-notes-v3/guide
  const properties = {
    hs_timestamp: at.toISOString(),
    hs_note_body: [`<strong>${html(title)}</strong>`, html(text), `<em>${html(marker)}</em>`].join("<br>"),
  };
  const types = [{ associationCategory: "HUBSPOT_DEFINED" as never, associationTypeId: noteTo[kind] }];
  const answer = await api.call(
    `writing a note on a ${kind}`,
    ({ crm }) => crm.objects.notes.basicApi.create({ properties, associations: [{ to: { id: subject.id }, types }] }),
    Created,
  );
  if (!isFailure(answer)) return { outcome: "accepted", reference: answer.value.id };
  // what HubSpot answers for a record that is gone is not documented: so it is asked for the record
  if (answer.status === 400 && (await isGone(api, kind, subject.id)))
    return gone(`HubSpot has no ${kind} ${subject.id} any more`);
  return refusal(answer, false);
};

const isGone = async (api: Api, kind: WrittenKind, id: string): Promise<boolean> => {
  const input = { inputs: [{ id }], properties: [], propertiesWithHistory: [] };
  const answer = await api.call(
    `looking for a ${kind}`,
    ({ crm }) => (kind === "deal" ? crm.deals.batchApi.read(input) : crm.contacts.batchApi.read(input)),
    z.object({ results: z.array(Created) }),
  );
  return !isFailure(answer) && answer.value.results.length === 0;
};

const findNote = async (api: Api, { subject, marker }: NoteRequest): Promise<NoteFound> => {
  const from = subject.kind === "deal" ? "deals" : "contacts";
  const ties = await readTies(api, [subject.id], "notes", from);
  if (isFailure(ties)) return { found: "unknown", detail: ties.detail };
  // the newest have the highest ids: ours is most likely among them
  const ids = (ties.get(subject.id) ?? []).map(({ id }) => id).reverse();
  for (let start = 0; start < ids.length; start += mostNotes) {
    const inputs = ids.slice(start, start + mostNotes).map((id) => ({ id }));
    const read = await api.call(
      "reading notes",
      ({ crm }) => crm.objects.notes.batchApi.read({ inputs, properties: ["hs_note_body"], propertiesWithHistory: [] }),
      Notes,
    );
    if (isFailure(read)) return { found: "unknown", detail: read.detail };
    const ours = read.value.results.find(({ properties }) => properties.hs_note_body?.includes(marker));
    if (ours) return { found: true, reference: ours.id };
  }
  return { found: false };
};

/** What a call that did not succeed means for what it was to write. */
const refusal = ({ failed, status, detail, afterMs }: ApiFailure, repeatable: boolean): WriteOutcome => {
  if (failed === "unauthorised" || failed === "forbidden") return misconfigured(failed, detail);
  if (failed === "limited") return later(afterMs ?? 10_000, detail);
  if (status === 404) return gone(detail.replace("It is tried again later.", "The record is gone."));
  // 423 and 477: the record or the account is locked, nothing was done
  if (status === 423 || status === 477) return later(afterMs ?? 2_000, detail);
  if (status !== undefined && status < 500)
    return misconfigured(`http_${status}`, detail.replace(/It is .*/, "Check the property names of writeBack.fields."));
  return repeatable ? later(afterMs ?? 30_000, detail) : notKnown(detail);
};

const html = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\n", "<br>");
