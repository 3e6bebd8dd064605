/** What milestones and disputes saw of somebody, taken out of them. What was decided stays as it was. */
import type { Sql } from "../db/sql.ts";
import type { RecordKey } from "../records/fact-rows.ts";
import type { PersonView, Situation } from "../situation.ts";

interface Them {
  /** Their ids in the milestone's connection, by kind; and whole keys, as a situation names who is in no CRM. */
  users: ReadonlySet<string>;
  contacts: ReadonlySet<string>;
  leads: ReadonlySet<string>;
}

/** The same situation without them; undefined where they are not in it. */
export const situationWithout = (situation: Partial<Situation>, them: Them): Partial<Situation> | undefined => {
  let found = false;
  const user = (person: PersonView): PersonView => {
    if (!them.users.has(person.id)) return person;
    found = true;
    return { id: person.id, name: null, first_name: null, email: null, language: null, team: person.team };
  };
  const { owner, manager, team, contributors, contact, lead, milestone, details } = situation;
  const theirs = contact && them.contacts.has(contact.id);
  const theirLead = lead && them.leads.has(lead.id);
  const subject = milestone?.subject;
  const about =
    subject &&
    ((subject.kind === "contact" && them.contacts.has(subject.id)) ||
      (subject.kind === "lead" && them.leads.has(subject.id)) ||
      (subject.kind === "user" && them.users.has(subject.id)));
  const without: Partial<Situation> = {
    ...situation,
    ...(owner ? { owner: user(owner) } : {}),
    ...(manager ? { manager: user(manager) } : {}),
    ...(team ? { team: { ...team, members: team.members.map(user) } } : {}),
    ...(contributors
      ? { contributors: Object.fromEntries(Object.entries(contributors).map(([role, each]) => [role, user(each)])) }
      : {}),
    ...(theirs ? { contact: { id: contact.id } as Situation["contact"] } : {}),
    ...(theirLead ? { lead: { id: lead.id } as Situation["lead"] } : {}),
    ...(about && details ? { details: Object.fromEntries(Object.entries(details).filter(isCount)) } : {}),
  };
  return found || theirs || theirLead || about ? without : undefined;
};

const isCount = ([, value]: [string, unknown]) => typeof value === "number" || typeof value === "boolean";

const AT_ONCE = 500;

/** Takes these people out of every situation. Looks at all milestones of their connections: it is seldom, and thorough. */
export const forgetInSituations = async (
  tx: Sql,
  keys: readonly RecordKey[],
  recipientIds: readonly string[],
): Promise<void> => {
  const ids = [
    ...keys.flatMap(({ connection, kind, id }) => [id, `${connection}/${kind}/${id}`]),
    ...recipientIds.map((id) => `people/${id}`),
  ];
  if (ids.length === 0) return;
  const named = ids.map((id) => `%${JSON.stringify(id).replaceAll(/[\\%_]/g, "\\$&")}%`);
  for (let after = 0; ; ) {
    const rows = await tx.rows<{ id: number; connection: string; situation: Partial<Situation> }>(
      `select id, connection, situation from milestones
       where id > $1 and situation::text like any ($2) order by id limit $3`,
      [after, named, AT_ONCE],
    );
    const changed = rows.flatMap(({ id, connection, situation }) => {
      const without = situationWithout(situation, themIn(connection, keys, recipientIds));
      return without ? [{ id, situation: JSON.stringify(without) }] : [];
    });
    await tx.run(
      `update milestones m set situation = t.situation from unnest($1::bigint[], $2::jsonb[]) as t (id, situation) where m.id = t.id`,
      [changed.map(({ id }) => id), changed.map(({ situation }) => situation)],
    );
    const last = rows.at(-1);
    if (!last || rows.length < AT_ONCE) return;
    after = last.id;
  }
};

const themIn = (connection: string, keys: readonly RecordKey[], recipientIds: readonly string[]): Them => {
  const of = (wanted: string) =>
    keys.flatMap((key) => {
      if (key.kind !== wanted) return [];
      const whole = `${key.connection}/${key.kind}/${key.id}`;
      return key.connection === connection ? [key.id, whole] : [whole];
    });
  return {
    users: new Set([...of("user"), ...recipientIds.map((id) => `people/${id}`)]),
    contacts: new Set(of("contact")),
    leads: new Set(of("lead")),
  };
};
