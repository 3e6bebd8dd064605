/** Finds recipients that turn out to be one person: the same email address, or a CRM id that people.yaml gives to somebody. */
import type { Sql } from "../db/sql.ts";
import { mergeWords } from "./person-words.ts";

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

/** Moves everything that hangs on `from` to `to`, and leaves `from` without a name. Grants are the caller's to move. */
export const giveUp = async (tx: Sql, { from, to }: SamePerson): Promise<void> => {
  const both = [from, to];
  await tx.run("update recipient_ids set recipient_id = $2 where recipient_id = $1", both);
  await tx.run("update recipients set manager = $2 where manager = $1", both);
  await tx.run("update consents set recipient_id = $2 where recipient_id = $1", both);
  await tx.run("update push_subscriptions set recipient_id = $2 where recipient_id = $1", both);
  await tx.run(
    `update recipients k set manager = coalesce(k.manager, g.manager), quiet_hours = coalesce(k.quiet_hours, g.quiet_hours),
       preferred_channel = coalesce(k.preferred_channel, g.preferred_channel), private = k.private or g.private
     from recipients g where k.id = $2 and g.id = $1`,
    both,
  );
  // where both have the same source, who stays keeps its words
  await tx.run(
    `insert into person_words (recipient_id, source, field, value, turn)
     select $2, source, field, value, turn from person_words where recipient_id = $1 on conflict do nothing`,
    both,
  );
  await tx.run("delete from person_words where recipient_id = $1", [from]);
  await mergeWords(tx, [to]);
  await tx.run(
    `update recipients set email = null, phone = null, name = null, first_name = null, quiet_hours = null,
       preferred_channel = null, source = 'joined' where id = $1`,
    [from],
  );
};
