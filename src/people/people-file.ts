/**
 * `people.yaml`: what the CRM does not know of people. Each entry is joined to a recipient by email address, and to CRM
 * users by the ids it lists.
 */
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { z } from "zod";
import type { Sql } from "../db/sql.ts";
import type { SamePerson } from "./same-person.ts";

export const Person = z.strictObject({
  name: z.string().min(1).describe("Full name, as it is shown"),
  firstName: z.string().min(1).optional().describe("How messages address them; default: the first word of the name"),
  email: z.email().describe("Their email address: this is what joins the entry to the CRM's user"),
  phone: z
    .string()
    .transform((text, context) => {
      const number = parsePhoneNumberFromString(text);
      if (number?.isValid()) return number.number as string;
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
  manager: z.email().optional().describe("Email address of their manager, who is an entry too"),
  crm: z
    .record(z.string(), z.union([z.string(), z.number().transform(String)]))
    .optional()
    .describe('Their user id in each connection, where email does not join them: { hubspot-main: "77" }'),
});
export const PeopleFile = z.strictObject({ people: z.array(Person) });
export type PeopleFile = z.infer<typeof PeopleFile>;

/**
 * Brings recipients in line with the file; people who left the file keep their last known state. Returns who turned out
 * to be one person: somebody known so far only by a CRM id that the file gives to an entry.
 */
export const applyPeople = async (tx: Sql, { people }: PeopleFile): Promise<SamePerson[]> => {
  const joins: SamePerson[] = [];
  for (const person of people) {
    const found = await tx.row<{ id: string }>(
      "select id from recipients where lower(email) = lower($1) and erased_at is null order by source = 'people.yaml' desc, id limit 1",
      [person.email],
    );
    const values = [
      person.name,
      person.firstName ?? person.name.split(/\s+/)[0],
      person.email,
      person.phone ?? null,
      person.language ?? null,
      person.timeZone ?? null,
      person.team ?? null,
    ];
    const { id } = found
      ? found
      : ((await tx.row<{ id: string }>(
          "insert into recipients (kind, source) values ('rep', 'people.yaml') returning id",
        )) ?? { id: "" });
    await tx.run(
      `update recipients set name = $2, first_name = $3, email = $4, phone = coalesce($5, phone), language = coalesce($6, language),
         time_zone = coalesce($7, time_zone), team = coalesce($8, team), source = 'people.yaml' where id = $1`,
      [id, ...values],
    );
    for (const [connection, crmId] of Object.entries(person.crm ?? {})) {
      const other = await tx.row<{ recipient_id: string }>(
        `insert into recipient_ids (connection, kind, crm_id, recipient_id) values ($1, 'user', $2, $3)
         on conflict (connection, kind, crm_id) do update set crm_id = excluded.crm_id returning recipient_id`,
        [connection, crmId, id],
      );
      if (other && other.recipient_id !== id) joins.push({ from: other.recipient_id, to: id });
    }
  }
  await tx.run(
    `update recipients r set manager = m.id from unnest($1::text[], $2::text[]) as t (email, manager)
     join recipients m on lower(m.email) = lower(t.manager) and m.erased_at is null
     where lower(r.email) = lower(t.email) and r.erased_at is null`,
    [people.map((each) => each.email), people.map((each) => each.manager ?? null)],
  );
  return [...new Map(joins.map((join) => [join.from, join])).values()];
};
