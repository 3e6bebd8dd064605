import type { ReadFailure } from "../connector.ts";

/** Carries an expected refusal through jsforce, which knows only throwing. Caught where the read began. */
export class Stopped extends Error {
  readonly failure: ReadFailure;
  /** Of the answer; null where there was none. */
  readonly status: number | null;
  /** Salesforce's own code; `""` where it gave none. */
  readonly code: string;
  constructor(failure: ReadFailure, answer: { status: number; code: string } | null = null) {
    super(failure.detail);
    this.failure = failure;
    this.status = answer?.status ?? null;
    this.code = answer?.code ?? "";
  }
}

/** What an answer with an error status means for us. `called` is the path, without its query. */
export const refusal = (called: string, status: number, body: string, retryAfter: string | null): ReadFailure => {
  const { code, message } = errorOf(body);
  const said = `${called} answered ${status}${code ? ` ${code}` : ""}`;
  const seconds = Number(retryAfter ?? Number.NaN);
  const afterMs = Number.isFinite(seconds) && seconds > 0 ? { afterMs: seconds * 1000 } : {};
  if (called.endsWith("/oauth2/token") && (status === 400 || status === 401)) {
    return {
      failed: "unauthorised",
      detail: `${said}${message ? `: ${message}` : ""}. Check \`api\` and the connected app`,
    };
  }
  if (status === 401 || code === "INVALID_SESSION_ID") {
    return { failed: "unauthorised", detail: `${said}. The token is no longer taken` };
  }
  if (status === 429 || code === "REQUEST_LIMIT_EXCEEDED") {
    return { failed: "limited", detail: `${said}. The org's API requests are used up for now`, ...afterMs };
  }
  if (status === 404) return { failed: "forbidden", detail: `${said}. Check \`api.version\` and \`api.loginUrl\`` };
  if (status === 400) return { failed: "forbidden", detail: `${said}: ${missingColumn(message)}` };
  if (status === 403) return { failed: "forbidden", detail: `${said}. Give the API user the permission "API Enabled"` };
  if (status >= 300 && status < 400) {
    return {
      failed: "unauthorised",
      detail: `${said}, a redirect. Set \`api.loginUrl\` to the org's My Domain address`,
    };
  }
  return { failed: "unavailable", detail: said, ...afterMs };
};

/** Salesforce names the column in the middle of the query it quotes; the query itself holds record ids, so it is left out. */
const missingColumn = (message: string): string => {
  const [, column, entity] =
    /No such column '([\w.]{1,100})' on (?:entity|sobject of type) '?(\w{1,100})/i.exec(message) ?? [];
  if (column) return `no field ${column} on ${entity}. Give the API user read access to it`;
  const [, object] = /sObject type '(\w{1,100})' is not supported/i.exec(message) ?? [];
  return object ? `no object ${object}. Give the API user read access to it` : "the request was not understood";
};

/** Salesforce's code in the body of an error; `""` where it has none. */
export const codeOf = (body: string): string => errorOf(body).code;

/** The REST API answers `[{ errorCode, message }]`, the token endpoint `{ error, error_description }`. */
const errorOf = (body: string): { code: string; message: string } => {
  try {
    const parsed: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (typeof first !== "object" || first === null) return { code: "", message: "" };
    const field = (...names: string[]) =>
      Object.entries(first).find(([name, value]) => names.includes(name) && typeof value === "string")?.[1] ?? "";
    return {
      code: field("errorCode", "error").slice(0, 80),
      message: field("message", "error_description").slice(0, 500),
    };
  } catch {
    return { code: "", message: "" };
  }
};
