/**
 * `people.yaml`: what the CRM does not know of people. Each entry is joined to a recipient by email address, and to CRM
 * users by the ids it lists.
 */
import { z } from "zod";
import type { Sql } from "../db/sql.ts";
import type { Sealer } from "../sealer.ts";
import { forgottenAmong, recordAgreed } from "./consent.ts";
import { tellWhole, tellWords, type Word, type WordField } from "./person-words.ts";
import { readPhone } from "./read-phone.ts";
import type { SamePerson } from "./same-person.ts";

export const Person = z.strictObject({
  name: z.string().min(1).describe("Full name, as it is shown"),
  firstName: z.string().min(1).optional().describe("How messages address them; default: the first word of the name"),
  email: z.email().describe("Their email address: this is what joins the entry to the CRM's user"),
  phone: z
    .string()
    .transform((text, context) => {
      const read = readPhone(text, null);
      if (read.ok) return read.phone;
      context.addIssue({
        code: "custom",
        message: "expected a phone number with country code, such as +39 347 123 4567",
      });
      return z.NEVER;
    })
    .optional()
    .describe("With country code: +39 347 123 4567"),
  language: z.enum(["en", "it"]).optional().describe("Language of their messages"),
  timeZone: z
    .string()
    .refine(
      (zone) => Intl.supportedValuesOf("timeZone").includes(zone) || zone === "UTC",
      "expected an IANA time zone, such as Europe/Rome",
    )
    .optional()
    .describe("IANA name: Europe/Rome"),
  team: z.string().optional().describe("What rules see as owner.team"),
  agreed: z
    .array(z.enum(["email", "sms", "whatsapp"]))
    .optional()
    .describe("Channels on which they agreed to be written to; it opens nothing that they have closed themselves"),
  manager: z.email().optional().describe("Email address of their manager, who is an entry too"),
  crm: z
    .record(z.string(), z.union([z.string(), z.number().transform(String)]))
    .optional()
    .describe('Their user id in each connection, where email does not join them: { hubspot-main: "77" }'),
});
export type Person = z.output<typeof Person>;
export const PeopleFile = z.strictObject({ people: z.array(Person) });
export type PeopleFile = z.infer<typeof PeopleFile>;

/**
 * Brings recipients in line with the file; people who left the file keep their last known state. Returns who turned out
 * to be one person: somebody known so far only by a CRM id that the file gives to an entry. Who asked to be forgotten is
 * left out.
 */
export const applyPeople = async (
  tx: Sql,
  sealer: Sealer,
  { people }: PeopleFile,
  at: Date,
  source: "people.yaml" | "import" = "people.yaml",
): Promise<SamePerson[]> => {
  const joins: SamePerson[] = [];
  const forgotten = await forgottenAmong(
    tx,
    sealer,
    people.map(({ email }) => email),
  );
  const present = people.filter(({ email }) => !forgotten.has(email));
  const words: Omit<Word, "source">[] = [];
  const agreed: { recipientId: string; channels: readonly string[] }[] = [];
  for (const person of present) {
    const found = await tx.row<{ id: string }>(
      "select id from recipients where lower(email) = lower($1) and erased_at is null order by source = 'people.yaml' desc, id limit 1",
      [person.email],
    );
    const id =
      found?.id ??
      (await tx.row<{ id: string }>("insert into recipients (kind, source) values ('rep', $1) returning id", [source]))
        ?.id ??
      "";
    await tx.run("update recipients set source = $2 where id = $1 and source <> 'people.yaml'", [id, source]);
    words.push(...wordsOf(id, person));
    agreed.push({ recipientId: id, channels: person.agreed ?? [] });
    for (const [connection, crmId] of Object.entries(person.crm ?? {})) {
      const other = await tx.row<{ recipient_id: string; erased: boolean }>(
        `insert into recipient_ids as i (connection, kind, crm_id, recipient_id) values ($1, 'user', $2, $3)
         on conflict (connection, kind, crm_id) do update set crm_id = excluded.crm_id
         returning recipient_id, exists (select from recipients r where r.id = i.recipient_id and r.erased_at is not null) as erased`,
        [connection, crmId, id],
      );
      if (other && other.recipient_id !== id && !other.erased) joins.push({ from: other.recipient_id, to: id });
    }
    // an entry that comes later may find this one by its address
    await tellWords(tx, [{ recipientId: id, source, field: "email", value: person.email }]);
  }
  await tellWhole(tx, source, words);
  await recordAgreed(tx, source, agreed, at);
  await tx.run(
    `update recipients r set manager = m.id from unnest($1::text[], $2::text[]) as t (email, manager)
     join recipients m on lower(m.email) = lower(t.manager) and m.erased_at is null
     where lower(r.email) = lower(t.email) and r.erased_at is null
       and ($3 = 'people.yaml' or r.manager is null or r.source <> 'people.yaml')`,
    [present.map((each) => each.email), present.map((each) => each.manager ?? null), source],
  );
  return [...new Map(joins.map((join) => [join.from, join])).values()];
};

const wordsOf = (recipientId: string, person: Person): Omit<Word, "source">[] =>
  Object.entries({
    name: person.name,
    first_name: person.firstName ?? person.name.split(/\s+/)[0] ?? null,
    email: person.email,
    phone: person.phone ?? null,
    language: person.language ?? null,
    time_zone: person.timeZone ?? null,
    team: person.team ?? null,
  } satisfies Record<WordField, string | null>).map(([field, value]) => ({
    recipientId,
    field: field as WordField,
    value,
  }));
