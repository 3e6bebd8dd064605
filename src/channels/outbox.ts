import { z } from "zod";
import type { Sql } from "../db/sql.ts";
import { retryLater } from "../outcome.ts";
import { type Carried, channelNames, defineSender } from "./channel.ts";
import { LINK_PICTURE, linkPicture } from "./link-picture.ts";

/** Keeps messages instead of sending them: for a sandbox, and for trying rules out. */
export const outbox = defineSender({
  id: "outbox",
  label: "Outbox",
  carries: [...channelNames, "celebration"],
  settings: z.strictObject({}),
  secrets: [],
  repeatable: true,
  open: (_settings, _channel, { sql, now }) => ({
    async send({ key, to, rendered }) {
      const mail = rendered.channel === "email" ? rendered : undefined;
      const picture = (await linkPicture(rendered))?.toString("base64");
      const html = mail?.html.replaceAll(`cid:${LINK_PICTURE}`, `data:image/png;base64,${picture}`);
      try {
        await sql.run(
          `insert into outbox (message_id, channel, address, subject, text, html, at) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (message_id) do nothing`,
          [key, rendered.channel, to, mail?.subject ?? null, rendered.text, html ?? null, now()],
        );
        return { outcome: "accepted", reference: key };
      } catch (error) {
        // the same key writes one row, so trying again is safe whatever became of this one
        const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "error";
        return retryLater(5_000, `the database did not take the message (${code})`);
      }
    },
    check: async () => [{ ok: true, what: "Outbox", detail: "messages are kept in the table outbox, nothing is sent" }],
  }),
});

/** A message as the outbox kept it. */
export interface KeptMessage {
  id: string;
  channel: Carried;
  to: string;
  subject: string | null;
  text: string;
  html: string | null;
  /** ISO 8601, UTC. */
  at: string;
}

/** The newest messages of the outbox, newest first. */
export const readOutbox = async (sql: Sql, most = 100): Promise<KeptMessage[]> => {
  const rows = await sql.rows<Omit<KeptMessage, "at"> & { at: Date }>(
    `select message_id as id, channel, address as "to", subject, text, html, at from outbox order by id desc limit $1`,
    [most],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
};
