/** Joins records and recipients: who the users and contacts around the decided records are. */
import type { Sql } from "../db/sql.ts";
import type { RecordKind } from "../events.ts";
import { readPhone } from "../people/read-phone.ts";
import {
  ensureRecipients,
  findRecipients,
  managersOf,
  type Recipient,
  refreshRecipients,
  type SeenPerson,
} from "../people/recipients.ts";
import { sameByEmail } from "../people/same-person.ts";
import { latest, type RecordHistory } from "../records/timeline.ts";
import type { PersonView } from "../situation.ts";
import type { Workspace } from "./corridor.ts";
import { joinPeople } from "./decide-join.ts";
import { homeOf } from "./recipient-country.ts";
import { teamMembers } from "./team-history.ts";

export interface People {
  person(connection: string, kind: RecordKind, id: string): PersonView | null;
  managerOf(connection: string, userId: string): PersonView | null;
  /** Everybody in a team; nobody where the rules in force give nothing to teams. */
  teamOf(team: string): PersonView[];
  /** What is known of somebody, for making them a recipient. */
  seen(connection: string, kind: SeenPerson["kind"], crmId: string): SeenPerson;
}

/**
 * Everybody that these histories name, and these users, as `people/` and the CRM know them now; `withTeams`: and who is in
 * their teams.
 */
export const peopleAround = async (
  tx: Sql,
  histories: ReadonlyMap<string, RecordHistory>,
  { withTeams, users = [] }: { withTeams: boolean; users?: readonly { connection: string; id: string }[] },
): Promise<People> => {
  const named = new Map<string, { connection: string; kind: "user" | "contact"; crmId: string }>();
  for (const { connection, id } of users)
    named.set(`${connection}/user/${id}`, { connection, kind: "user", crmId: id });
  for (const { connection, kind, id, fields } of histories.values()) {
    if (kind === "user" || kind === "contact")
      named.set(`${connection}/${kind}/${id}`, { connection, kind, crmId: id });
    for (const [field, steps] of fields)
      if (field === "owner" || field === "manager" || field.startsWith("contributor:"))
        for (const { value } of steps)
          if (typeof value === "string" && value !== "")
            named.set(`${connection}/user/${value}`, { connection, kind: "user", crmId: value });
  }
  const known = await findRecipients(tx, [...named.values()]);
  const managers = await managersOf(tx, [...known.values()]);

  /** Colleagues in the teams around, by their whole key. */
  const members = new Map<string, PersonView>();
  const seen = (connection: string, kind: SeenPerson["kind"], crmId: string) => {
    const history = histories.get(`${connection}/${kind}/${crmId}`);
    if (history) return seenOf(history, kind);
    return { ...blank(connection, kind, crmId), ...detailsOf(members.get(`${connection}/${kind}/${crmId}`)) };
  };
  const person = (connection: string, kind: RecordKind, id: string): PersonView | null => {
    if (kind !== "user" && kind !== "contact") return null;
    return viewOf(id, known.get(`${connection}/${kind}/${id}`), seen(connection, kind, id));
  };
  const teams = withTeams
    ? await teamMembers(
        tx,
        [...named.values()].flatMap(({ connection, kind, crmId }) => person(connection, kind, crmId)?.team ?? []),
      )
    : new Map<string, PersonView[]>();
  for (const member of [...teams.values()].flat()) members.set(member.id, member);
  return {
    person,
    seen,
    teamOf: (team) => teams.get(team) ?? [],
    managerOf(connection, userId) {
      const inFile = managers.get(known.get(`${connection}/user/${userId}`)?.manager ?? "");
      if (inFile) return viewFrom(connection, inFile);
      const inCrm = histories.get(`${connection}/user/${userId}`);
      const manager = inCrm && latest(inCrm).manager;
      return typeof manager === "string" && manager !== "" ? person(connection, "user", manager) : null;
    },
  };
};

type KnownByKeys = Recipient & { keys: string[] };

/** What is told of a colleague whom no record around the decided ones names. */
const detailsOf = (member: PersonView | undefined) => {
  if (!member) return {};
  const { name, first_name, email, language, team } = member;
  return { name, first_name, email, language, team };
};

/** By the id that a connection knows somebody under; by a whole key where it does not know them. */
const viewFrom = (connection: string, person: KnownByKeys): PersonView => {
  const own = person.keys.find((key) => key.startsWith(`${connection}/user/`));
  const id = own ? own.slice(`${connection}/user/`.length) : (person.keys[0] ?? `people/${person.id}`);
  return viewOf(id, person, undefined);
};

/** Makes recipients of these people, and tells `people/` what the CRM says of them. */
export const makeRecipients = async (tx: Sql, people: readonly SeenPerson[], workspace: Workspace): Promise<void> => {
  await ensureRecipients(tx, people);
  await tellPeople(tx, people, workspace);
};

/** A new address may show that two recipients are one person. */
const tellPeople = async (tx: Sql, people: readonly SeenPerson[], workspace: Workspace) => {
  const changed = await refreshRecipients(
    tx,
    people.map((person) => ({ ...person, phone: phoneOf(person, workspace) })),
  );
  if (changed.length > 0) await joinPeople(tx, await sameByEmail(tx, changed));
};

/** As it is called from anywhere. One that cannot be read is none: `orphans.ts` lists it. */
const phoneOf = ({ phone, time_zone }: SeenPerson, workspace: Workspace): string | null => {
  const read = phone === null ? undefined : readPhone(phone, homeOf(time_zone, workspace));
  return read?.ok ? read.phone : null;
};

/** People whose records changed, where they are recipients already: a new address reaches those who wait for it. */
export const refreshPeople = (tx: Sql, changed: readonly RecordHistory[], workspace: Workspace): Promise<void> =>
  tellPeople(
    tx,
    changed.flatMap((history) =>
      history.kind === "user" || history.kind === "contact" || history.kind === "lead"
        ? [seenOf(history, history.kind)]
        : [],
    ),
    workspace,
  );

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

const seenOf = (history: RecordHistory, kind: SeenPerson["kind"]): SeenPerson => {
  const fields = latest(history);
  const full = [text(fields.first_name), text(fields.last_name)].filter((part) => part !== null).join(" ");
  return {
    connection: history.connection,
    kind,
    crmId: history.id,
    name: text(fields.name) ?? (full || null),
    first_name: text(fields.first_name),
    email: text(fields.email),
    phone: text(fields.phone),
    language: text(fields.language)?.slice(0, 2).toLowerCase() ?? null,
    time_zone: text(fields.time_zone),
    team: text(fields.team),
  };
};

const blank = (connection: string, kind: SeenPerson["kind"], crmId: string): SeenPerson => ({
  connection,
  kind,
  crmId,
  name: null,
  first_name: null,
  email: null,
  phone: null,
  language: null,
  time_zone: null,
  team: null,
});

const viewOf = (id: string, known: Recipient | undefined, seen: SeenPerson | undefined): PersonView => ({
  id,
  name: known?.name ?? seen?.name ?? null,
  first_name: known?.first_name ?? seen?.first_name ?? null,
  email: known?.email ?? seen?.email ?? null,
  language: known?.language ?? seen?.language ?? null,
  team: known?.team ?? seen?.team ?? null,
});
