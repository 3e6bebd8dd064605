import type { RecipientRole } from "../rule-book.ts";
import { quoted, type ShortForm } from "./short-form.ts";

/** The roles without a name of their own in them. */
export const plainRoles = ["owner", "contact", "manager(owner)", "team"] as const;
const examples = [...plainRoles, 'contributor("SE")'];
const pattern = /^(?:owner|contact|manager\(owner\)|team|contributor\((?:"[^"']{1,60}"|'[^"']{1,60}')\))$/;

/** Who gets a part of a reward, seen from the milestone. */
export const roleForm: ShortForm<RecipientRole> = {
  expected: `a recipient: ${quoted(examples)}`,
  examples,
  pattern,
  words: ["owner", "contact", "manager", "team", "contributor"],
  parse(text) {
    const plain = plainRoles.find((role) => role === text);
    if (plain || !pattern.test(text)) return plain;
    const [, role = ""] = /^contributor\(["'](.+)["']\)$/.exec(text) ?? [];
    return role.trim() === "" ? undefined : `contributor("${role.trim()}")`;
  },
  print: (role) => role,
};
