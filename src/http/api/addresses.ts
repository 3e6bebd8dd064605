/** Who sees addresses: a viewer sees names, and no address or number of anybody, wherever it stands. */
import { redactText } from "../../redact.ts";
import type { User } from "../../users.ts";

export const seesAddresses = ({ roles }: User) => roles.has("admin") || roles.has("editor") || roles.has("approver");

/** The same answer with every address and number in its texts struck out. */
export const withoutAddresses = <T>(value: T): T =>
  (typeof value === "string"
    ? redactText(value)
    : Array.isArray(value)
      ? value.map(withoutAddresses)
      : typeof value === "object" && value !== null && !(value instanceof Date)
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutAddresses(each)]))
        : value) as T;

/** As this user may see it. */
export const seenBy = <T>(user: User, value: T): T => (seesAddresses(user) ? value : withoutAddresses(value));
