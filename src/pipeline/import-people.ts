/** People from a CSV file, by the same rule as every other source: what it changes is said before, or afterwards. */
import type { Sql } from "../db/sql.ts";
import { forgottenAmong } from "../people/consent.ts";
import { applyPeople, type Person } from "../people/people-file.ts";
import { type WordField, wordFields } from "../people/person-words.ts";
import type { Corridor } from "./corridor.ts";
import { joinPeople } from "./decide-join.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { applyTeams } from "./team-history.ts";

export interface ImportedPerson {
  email: string;
  name: string;
  isNew: boolean;
  /** What is other than before. */
  changes: { field: WordField; from: string | null; to: string | null }[];
  /** Channels to which they agreed, which was not known before. */
  agreed: string[];
  /** What the file says and somebody else knows better: their own word, or people.yaml. */
  kept: { field: WordField; value: string; source: string }[];
}

export interface ImportedPeople {
  people: ImportedPerson[];
  /** Addresses in the file of people who asked to be forgotten. */
  forgotten: number;
}

type Row = {
  id: string;
  email: string;
  agreed: string[];
  words: Record<string, { value: string; source: string }>;
} & Record<WordField, string | null>;

/** Takes them in; `check`: only says what that would change. The same file again changes nothing. */
export const importPeople = async (
  { database, sealer, workspace, now }: Corridor,
  people: readonly Person[],
  { check }: { check: boolean },
): Promise<ImportedPeople> => {
  const onlyLooked = new Error("an import was only tried");
  let done: ImportedPeople = { people: [], forgotten: 0 };
  await database
    .transaction(async (tx) => {
      await takeDecidingLock(tx);
      const emails = people.map(({ email }) => email);
      const forgotten = await forgottenAmong(tx, sealer, emails);
      const before = await rowsOf(tx, emails);
      await joinPeople(tx, await applyPeople(tx, sealer, { people: [...people] }, now(), "import"));
      await applyTeams(tx, workspace, now());
      const after = await rowsOf(tx, emails);
      done = {
        forgotten: forgotten.size,
        people: people
          .filter(({ email }) => !forgotten.has(email))
          .map((person) => told(person, before.get(person.email.toLowerCase()), after.get(person.email.toLowerCase()))),
      };
      if (check) throw onlyLooked;
    })
    .catch((error: unknown) => {
      if (error !== onlyLooked) throw error;
    });
  return done;
};

const told = (person: Person, before: Row | undefined, after: Row | undefined): ImportedPerson => ({
  email: person.email,
  name: person.name,
  isNew: before === undefined,
  changes: wordFields.flatMap((field) => {
    const [from, to] = [before?.[field] ?? null, after?.[field] ?? null];
    return from === to ? [] : [{ field, from, to }];
  }),
  agreed: (after?.agreed ?? []).filter((channel) => !before?.agreed.includes(channel)),
  kept: wordFields.flatMap((field) => {
    const best = after?.words[field];
    const said = saidOf(person, field);
    return best && said !== undefined && best.source !== "import" && best.value !== said
      ? [{ field, value: best.value, source: best.source }]
      : [];
  }),
});

const saidOf = (person: Person, field: WordField): string | undefined =>
  ({
    name: person.name,
    first_name: person.firstName,
    email: person.email,
    phone: person.phone,
    language: person.language,
    time_zone: person.timeZone,
    team: person.team,
  })[field];

const rowsOf = async (tx: Sql, emails: readonly string[]): Promise<Map<string, Row>> => {
  const rows = await tx.rows<Row>(
    `select distinct on (lower(r.email)) r.id, r.name, r.first_name, r.email, r.phone, r.language, r.time_zone, r.team,
       array(select c.channel from consents c where c.recipient_id = r.id and c.source = 'import' and c.status = 'in' and c.until is null
         order by 1) as agreed,
       coalesce((select jsonb_object_agg(w.field, jsonb_build_object('value', w.value, 'source', w.source)) from person_words w
         where w.recipient_id = r.id and w.source in ('own', 'people.yaml')), '{}') as words
     from recipients r where lower(r.email) = any ($1) and r.erased_at is null
     order by lower(r.email), r.source = 'people.yaml' desc, r.id`,
    [emails.map((email) => email.toLowerCase())],
  );
  return new Map(rows.map((row) => [row.email.toLowerCase(), row]));
};
