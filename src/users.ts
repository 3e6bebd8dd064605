/** Who may use the admin API and decide approvals: the `users:` of accolade.yaml. A token is kept only as its SHA-256. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";

export const userRoles = ["admin", "editor", "approver", "viewer"] as const;
export type UserRole = (typeof userRoles)[number];

export interface User {
  email: string;
  name: string;
  roles: ReadonlySet<UserRole>;
  /** Groups that rules name after `by`: `approval: above 250 EUR by finance`. */
  groups: ReadonlySet<string>;
  /** SHA-256 of the token; null for somebody who only uses the command line. */
  tokenDigest: Buffer | null;
}

/** Not the name of a group: who the recipient's manager is, and who has the role, is known without one. */
export const MANAGER = "manager";
export const ADMINS = "admin";

export const SHORTEST_TOKEN = 24;

export const UserEntry = z.strictObject({
  email: z.email().describe("Their email address. Nobody decides on a reward for the same address"),
  name: z.string().min(1).max(120).describe("Full name, as it is shown"),
  roles: z
    .array(z.enum(userRoles))
    .min(1)
    .describe(
      "What they may do: `admin` everything, `editor` and `viewer` look at grants (`viewer` without addresses), `approver` decide in their groups; `editor` and `approver` also say what was handed over",
    ),
  groups: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "expected lower-case letters, digits and dashes")
        .refine((name) => name !== MANAGER && name !== ADMINS, "expected a name of your own: this one has a meaning"),
    )
    .default([])
    .describe("Groups in whose approvals they decide: what rules name after `by`"),
  token: z
    .string()
    .optional()
    .describe(`Key to the admin API, at least ${SHORTEST_TOKEN} random characters: \`openssl rand -base64 32\``),
});

/** The groups in which somebody may decide. What a rule may name after `by`, beside `manager`. */
export const approverGroups = ({ users }: { users: readonly User[] }): ReadonlySet<string> =>
  new Set(users.filter(decides).flatMap((user) => [...user.groups]));

/** Whether somebody decides approvals at all; which ones is a question of their groups. */
export const decides = ({ roles }: Pick<User, "roles">): boolean => roles.has("approver") || roles.has("admin");

export const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** The user of a token, in a time that says nothing about tokens that exist. */
export const userWithToken = (users: readonly User[], token: string): User | undefined => {
  const given = digestOf(token);
  let found: User | undefined;
  for (const user of users) if (user.tokenDigest && timingSafeEqual(user.tokenDigest, given)) found = user;
  return found;
};

export const userWithEmail = (users: readonly User[], email: string): User | undefined =>
  users.find((user) => sameAddress(user.email, email));

export const sameAddress = (a: string | null, b: string | null): boolean =>
  a !== null && b !== null && a.toLowerCase() === b.toLowerCase();
