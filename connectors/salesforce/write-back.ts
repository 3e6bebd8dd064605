import { z } from "zod";
import type { Surroundings } from "../connector.ts";
import {
  gone,
  isWrittenKind,
  later,
  misconfigured,
  notKnown,
  type WriteOutcome,
  type WriteRequest,
  type Writer,
  type WrittenKind,
  writtenFields,
} from "../write-back.ts";
import { Stopped } from "./failure.ts";
import { openSession } from "./session.ts";
import type { SalesforceSettings } from "./settings.ts";
import { select } from "./soql.ts";

/** Object, and the field of a Task that points at one (object reference, Task). */
const objectOf: Readonly<Record<WrittenKind, readonly [object: string, tie: "WhatId" | "WhoId"]>> = {
  deal: ["Opportunity", "WhatId"],
  contact: ["Contact", "WhoId"],
};
/** Longest Subject of a Task. */
const LONGEST_SUBJECT = 255;

const Created = z.object({ id: z.string() });

/**
 * A note is a completed Task. With an external id it is upserted, so a repeat is the same Task; without one each carries a
 * marker, and before a repeat the Tasks of the record are read.
 */
export const openWriter = (settings: SalesforceSettings, around: Surroundings): Writer | null => {
  const { writeBack, api } = settings;
  if (!writeBack || !api) return null;
  const session = openSession(api, settings.orgId, around);
  const { externalId } = writeBack;

  const send = async (request: WriteRequest): Promise<WriteOutcome> => {
    const { kind, id } = request.subject;
    if (!isWrittenKind(kind) || !/^\w{15,18}$/.test(id)) return gone(`Salesforce has no ${kind} ${id}`);
    const [object, tie] = objectOf[kind];
    if (request.what === "fields") {
      const values = writtenFields.flatMap((field) => {
        const name = writeBack.fields[field];
        return name === undefined ? [] : [[name, request.values[field]]];
      });
      await session.send("PATCH", `/sobjects/${object}/${id}`, Object.fromEntries(values));
      return { outcome: "accepted", reference: id };
    }
    const { marker, title, text, at } = request;
    const task = {
      Subject: title.slice(0, LONGEST_SUBJECT),
      Description: `${text}\n\n${marker}`,
      Status: writeBack.taskStatus,
      ActivityDate: at.toISOString().slice(0, 10),
      [tie]: id,
    };
    const answer = externalId
      ? await session.send("PATCH", `/sobjects/Task/${externalId}/${encodeURIComponent(marker)}`, task)
      : await session.send("POST", "/sobjects/Task", task);
    const created = Created.safeParse(answer);
    // an upsert that only updated may answer without a body
    return { outcome: "accepted", reference: created.success ? created.data.id : marker };
  };

  return {
    note: writeBack.note,
    fields: Object.keys(writeBack.fields).length > 0,
    repeatable: externalId !== undefined,
    write: async (request) => {
      try {
        return await send(request);
      } catch (error) {
        if (error instanceof Stopped) return refusal(error, request.what === "fields" || externalId !== undefined);
        throw error;
      }
    },
    findNote: async ({ subject, marker }) => {
      if (!isWrittenKind(subject.kind)) return { found: false };
      const [, tie] = objectOf[subject.kind];
      try {
        const rows = await session.query(select(["Id", "Description"], "Task", tie, [subject.id]));
        const ours = rows.find((row) => String(row.get("Description") ?? "").includes(marker));
        return ours ? { found: true, reference: String(ours.get("Id")) } : { found: false };
      } catch (error) {
        if (error instanceof Stopped) return { found: "unknown", detail: error.failure.detail };
        throw error;
      }
    },
  };
};

/** The record that it is about was deleted, or is hidden from us for good. */
const goneCodes = new Set(["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"]);

const refusal = ({ failure, status, code }: Stopped, repeatable: boolean): WriteOutcome => {
  const { failed, detail, afterMs } = failure;
  if (goneCodes.has(code) || (status === 404 && !detail.includes("/Task")))
    return gone(`${detail.split(". ")[0]}. The record is gone`);
  if (code === "UNABLE_TO_LOCK_ROW") return later(5_000, `${detail}. Somebody else was changing it`);
  if (failed === "limited") return later(afterMs ?? 60_000, detail);
  if (status === 403)
    return misconfigured(
      code || "forbidden",
      `${detail.split(". ")[0]}. Give the API user the right to edit this object and its fields`,
    );
  if (failed !== "unavailable") return misconfigured(code || failed, detail);
  return repeatable ? later(afterMs ?? 30_000, detail) : notKnown(detail);
};
