import type { Sql } from "../db/sql.ts";

/** Somebody as an admin names them. */
export interface FoundPerson {
  id: string;
  name: string | null;
  email: string | null;
}

export type Found = { ok: true; person: FoundPerson } | { ok: false; problem: string };

/** Who is meant by an id, an email address, a phone number with country code or a key such as `hub/user/77`. */
export const findPerson = async (sql: Sql, asked: string): Promise<Found> => {
  const rows = await sql.rows<FoundPerson>(
    `select id, name, email from recipients r where source <> 'joined' and (id::text = lower($1) or 'people/' || id = lower($1)
       or lower(email) = lower($1) or phone = $2
       or id in (select recipient_id from recipient_ids k where k.connection || '/' || k.kind || '/' || k.crm_id = $1))`,
    [asked, asked.startsWith("+") ? `+${asked.replace(/\D/g, "")}` : asked],
  );
  const [person, ...others] = rows;
  if (person && others.length === 0) return { ok: true, person };
  const found = person ? `${rows.length} people` : "nobody";
  return {
    ok: false,
    problem: `found ${found} under "${asked}", expected one id, email address, phone number or CRM key (hub/user/77), as \`accolade people list\` shows them`,
  };
};
