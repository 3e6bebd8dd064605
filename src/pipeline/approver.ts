/** Who may decide which approval. The same rule twice: in words for one approval, and in SQL for a list. */
import type { SqlValue } from "../db/sql.ts";
import { ADMINS, decides, MANAGER, sameAddress, type User } from "../users.ts";

/** What must be known of an approval to say who may decide it. */
export interface Asked {
  approver_group: string;
  recipient_email: string | null;
  /** How the CRM knew the recipient at the milestone: not always the address that is kept of them. */
  seen_email: string | null;
  manager_email: string | null;
}

/** Joins what `Asked` and `decidable` need to `approvals a`. */
export const aroundApprovals = `left join disputes d on d.id = a.dispute_id
  left join grants g on g.id = a.grant_id
  left join milestones m on m.id = g.milestone_id
  join recipients r on r.id = coalesce(d.recipient_id, g.recipient_id)
  left join recipients boss on boss.id = r.manager and boss.erased_at is null`;

const seen = `case when g.recipient_key = m.connection || '/user/' || (m.situation #>> '{owner,id}') then m.situation #>> '{owner,email}' end`;

export const askedColumns = `a.approver_group, r.email as recipient_email, ${seen} as seen_email, boss.email as manager_email`;

/** Whether a user may decide, as an SQL condition. Parameters from `from` on: email, groups, whether an admin. */
export const decidable = (from: number): string =>
  `(a.approver_group = any ($${from + 1}::text[])
     or (a.approver_group = '${MANAGER}' and lower(boss.email) = lower($${from}::text))
     or (a.approver_group = '${ADMINS}' and $${from + 2}::boolean))
   and lower(r.email) is distinct from lower($${from}::text) and lower(${seen}) is distinct from lower($${from}::text)`;

export const decidableBy = (user: User): SqlValue[] => [
  user.email,
  decides(user) ? [...user.groups] : [],
  user.roles.has("admin"),
];

export type NotTheirs = { code: "own" | "not_yours"; message: string };

/** Why this user may not decide; undefined where they may. */
export const whyNotTheirs = (user: User, asked: Asked): NotTheirs | undefined => {
  if (sameAddress(user.email, asked.recipient_email) || sameAddress(user.email, asked.seen_email))
    return { code: "own", message: "This is about a reward of your own: somebody else has to decide it." };
  const group = asked.approver_group;
  const theirs =
    group === MANAGER
      ? sameAddress(user.email, asked.manager_email)
      : group === ADMINS
        ? user.roles.has("admin")
        : user.groups.has(group);
  if (theirs && decides(user)) return undefined;
  const expected =
    group === MANAGER ? "the recipient's manager" : group === ADMINS ? "an admin" : `somebody in the group ${group}`;
  return {
    code: "not_yours",
    message: `Found ${user.name} (${[...user.roles].join(", ")}${user.groups.size > 0 ? `; in ${[...user.groups].join(", ")}` : ""}), expected ${expected} with the role approver or admin.`,
  };
};
