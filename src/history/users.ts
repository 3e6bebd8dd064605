/** Exports name owners as people read them; our records name them by the CRM's user id. */
import type { Sql } from "../db/sql.ts";
import type { Fact } from "../events.ts";
import type { ToldEvent } from "./told.ts";

export interface Users {
  /** The user id behind an id, an address or a name; the text itself where nobody is known by it. */
  userOf(text: string): string;
  /** What the export says of an owner whom nobody knows: their address, or their name. */
  factsOf(event: ToldEvent): Fact[];
  readonly strangers: ReadonlyMap<string, number>;
}

export const usersOf = async (sql: Sql, connection: string): Promise<Users> => {
  const rows = await sql.rows<{ id: string; email: string | null; name: string | null }>(
    `select i.crm_id as id, lower(r.email) as email, lower(r.name) as name
     from recipient_ids i join recipients r on r.id = i.recipient_id
     where i.connection = $1 and i.kind = 'user' and r.erased_at is null order by i.crm_id`,
    [connection],
  );
  const ids = new Set(rows.map(({ id }) => id));
  const byEmail = new Map(rows.flatMap(({ id, email }) => (email === null ? [] : [[email, id]])));
  const named = Map.groupBy(rows, ({ name }) => name ?? "");
  const strangers = new Map<string, number>();
  return {
    strangers,
    userOf(text) {
      const small = text.toLowerCase();
      // two people of one name: neither is taken for the other
      const byName = named.get(small)?.length === 1 ? named.get(small)?.[0]?.id : undefined;
      const known = ids.has(text) ? text : (byEmail.get(small) ?? (small === "" ? undefined : byName));
      if (known === undefined && !looksLikeId(text)) strangers.set(text, (strangers.get(text) ?? 0) + 1);
      return known ?? text;
    },
    factsOf: ({ facts, occurredAt }) =>
      facts.flatMap(({ field, value }) =>
        field === "owner" && typeof value === "string" && strangers.has(value)
          ? [{ kind: "user" as const, id: value, field: value.includes("@") ? "email" : "name", value, at: occurredAt }]
          : [],
      ),
  };
};

const looksLikeId = (text: string) => /^\d+$|^005[A-Za-z0-9]{12,15}$/.test(text);
