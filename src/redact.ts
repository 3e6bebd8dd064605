/**
 * What a log line may not say. By key: secrets and personal data. By value: email addresses, phone numbers, credentials and
 * secret paths, wherever they stand, an error's message and stack included.
 */

/** Words that make a key unfit to be shown, in any spelling: `apiKey`, `api_key` and `api-key` hold the same words. */
const privateWords = new Set([
  ...["secret", "secrets", "token", "tokens", "password", "passwd", "authorization", "signature", "cookie", "session"],
  ...["code", "codes", "pin", "credential", "credentials", "body", "html", "content"],
  ...["email", "emails", "phone", "mobile", "address", "name", "firstname", "lastname", "surname"],
]);
const privatePhrases = /(^|_)(api_key|secret_key|private_key|access_key)($|_)/;
/** Keys that hold one of those words and neither a secret nor a person. */
const harmless = new Set(["error_code", "status_code", "exit_code", "rule_name", "file_name"]);

const words = (key: string) =>
  key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();

const isPrivate = (key: string) => {
  const spelled = words(key);
  if (harmless.has(spelled)) return false;
  return privatePhrases.test(spelled) || spelled.split("_").some((word) => privateWords.has(word));
};

const LONGEST = 4_000;
const DEEPEST = 6;
const MOST = 100;

const patterns: readonly [RegExp, string][] = [
  [/:\/\/[^\s/@"']+@/g, "://…@"],
  [/\b(Bearer|Basic)\s+[^\s"']+/gi, "$1 …"],
  [/(\/[^\s?"'<>]*)\?[^\s"'<>]+/g, "$1?…"],
  // a claim or wall link is a key to what is behind it
  [/\/(me|u|wall)\/[^\s/?"'<>]+/g, "/$1/…"],
  // some CRMs cannot sign: their secret stands in the path
  [/\/webhooks\/([^\s/?"'<>]+)\/[^\s?"'<>]+/g, "/webhooks/$1/…"],
  [/([^\s@"<>(),;:\\])[^\s@"<>(),;\\]{0,100}@([a-z\d-]+(?:\.[a-z\d-]+)+)/gi, "$1…@$2"],
  [/(?<![\w.+])(\+\d{2})[\d\s().-]{4,16}(\d{2})(?!\d)/g, "$1…$2"],
];

/** A text without addresses, numbers, credentials, secret paths, and without any of `secrets`. Long texts are cut. */
export const redactText = (text: string, secrets: readonly string[] = []): string => {
  let clean = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  for (const secret of secrets) clean = clean.replaceAll(secret, "…");
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  return clean;
};

/** A field of a log line as it may be shown: by its key, then by its value, all the way down. Never throws. */
export const redactValue = (key: string, value: unknown, secrets: readonly string[] = [], depth = 0): unknown => {
  if (value === null || value === undefined || typeof value === "boolean") return value;
  // an address keeps its host, which tells an operator much and a stranger little
  if (isPrivate(key)) return typeof value === "string" && value.includes("@") ? redactText(value, secrets) : "…";
  if (typeof value === "string") return redactText(value, secrets);
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (value instanceof Error) return redactText(value.stack ?? value.message, secrets);
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value !== "object" || depth >= DEEPEST) return "…";
  if (Array.isArray(value)) return value.slice(0, MOST).map((each) => redactValue("", each, secrets, depth + 1));
  const entries = Object.entries(value).slice(0, MOST);
  return Object.fromEntries(entries.map(([name, each]) => [name, redactValue(name, each, secrets, depth + 1)]));
};
