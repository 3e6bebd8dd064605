/** Who a part of a reward goes to, as keys: `connection/kind/crm id`, or `people/<recipient id>` for who is in no CRM. */
import type { Rule } from "../engine/index.ts";
import type { PersonView, Situation } from "../situation.ts";

type Role = Rule["parts"][number]["to"];

/** None where the CRM names nobody; several only for a team. */
export const recipientsOf = (to: Role, situation: Situation): string[] => {
  const { milestone, owner, manager, contact, team, contributors } = situation;
  const user = (person: PersonView | null | undefined) =>
    person ? [person.id.includes("/") ? person.id : `${milestone.connection}/user/${person.id}`] : [];
  if (to === "owner") return user(owner);
  if (to === "manager(owner)") return user(manager);
  if (to === "team") return [...new Set((team?.members ?? []).flatMap(user))];
  if (to === "contact") return contact ? [`${milestone.connection}/contact/${contact.id}`] : [];
  const role = contributorRole(to);
  return user(Object.hasOwn(contributors, role) ? contributors[role] : null);
};

/** `SE` of `contributor("SE")`. */
export const contributorRole = (to: string): string => /^contributor\("(.*)"\)$/.exec(to)?.[1] ?? "";
