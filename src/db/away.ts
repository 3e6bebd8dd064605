/** Tells a database that is away, or busy, from a statement that it will never take. */

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
]);
// connection exceptions, rolled back for others, out of resources, operator intervention, system errors
const passingClasses = new Set(["08", "40", "53", "55", "57", "58"]);

/** True where the same statement may well succeed later. PostgreSQL's error classes: its manual, appendix A. */
export const isAway = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (
    /timeout exceeded when trying to connect|Connection terminated|not queryable|Client was closed|Cannot use a pool after/.test(
      error.message,
    )
  )
    return true;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return networkCodes.has(code) || (code.length === 5 && passingClasses.has(code.slice(0, 2)));
};
