/** Finds recipients that turn out to be one person: the same email address, or a CRM id that people.yaml gives to somebody. */
import type { Sql } from "../db/sql.ts";

export interface SamePerson {
  /** The recipient who is given up. */
  from: string;
  /** The one who stays: who people.yaml names, else who was known first by id. */
  to: string;
}

/** Recipients among or beside these who share an email address. */
export const sameByEmail = (tx: Sql, recipientIds: readonly string[]): Promise<SamePerson[]> =>
  tx.rows<SamePerson>(
    `select r.id as "from", kept.id as "to" from recipients r
     join lateral (
       select k.id from recipients k where lower(k.email) = lower(r.email) and k.erased_at is null
       order by k.source = 'people.yaml' desc, k.id limit 1) kept on kept.id <> r.id
     where r.erased_at is null and lower(r.email) in (select lower(email) from recipients where id = any ($1) and email is not null)`,
    [recipientIds],
  );

/** Moves the CRM ids and reports of `from` to `to`, and leaves `from` without an address. Grants are the caller's to move. */
export const giveUp = async (tx: Sql, { from, to }: SamePerson): Promise<void> => {
  await tx.run("update recipient_ids set recipient_id = $2 where recipient_id = $1", [from, to]);
  await tx.run("update recipients set manager = $2 where manager = $1", [from, to]);
  await tx.run(
    `update recipients k set phone = coalesce(k.phone, g.phone), language = coalesce(k.language, g.language),
       time_zone = coalesce(k.time_zone, g.time_zone), team = coalesce(k.team, g.team), manager = coalesce(k.manager, g.manager)
     from recipients g where k.id = $2 and g.id = $1`,
    [from, to],
  );
  await tx.run(
    "update recipients set email = null, phone = null, name = null, first_name = null, source = 'joined' where id = $1",
    [from],
  );
};
