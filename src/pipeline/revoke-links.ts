import type { Database } from "../db/sql.ts";
import { findPerson } from "../people/find-person.ts";

export type Revoked = { ok: true; recipient: string } | { ok: false; problem: string };

/** A link got into the wrong hands: none that this person was ever sent works any more, to a reward or to their own page. */
export const revokeLinks = (database: Database, asked: string): Promise<Revoked> =>
  database.transaction(async (tx) => {
    const found = await findPerson(tx, asked);
    if (!found.ok) return found;
    const { id, name, email } = found.person;
    await tx.run("update recipients set link_version = link_version + 1 where id = $1", [id]);
    await tx.run("update grants set claim_version = claim_version + 1 where recipient_id = $1", [id]);
    return { ok: true, recipient: name ?? email ?? id };
  });
