import { z } from "zod";
import type { ReadFailure } from "../connector.ts";

/** A call that did not succeed, with its HTTP status where there was an answer. */
export type ApiFailure = ReadFailure & { status?: number };
export type Answer<T> = { value: T } | ApiFailure;

/** What the client package throws for any answer that is not 2xx. Its own message repeats body and headers: never pass it on. */
const ApiException = z.object({
  code: z.number(),
  body: z.unknown(),
  headers: z.record(z.string(), z.string()).catch({}),
});
const ErrorBody = z
  .object({ policyName: z.string().optional(), category: z.string().optional(), correlationId: z.string().optional() })
  .catch({});

const hourMs = 3_600_000;

/** `what`: the call in words, such as `reading deals`. `thrown`: whatever the client package threw. */
export const failureOf = (what: string, thrown: unknown, now: Date): ApiFailure => {
  const answer = ApiException.safeParse(thrown);
  if (!answer.success)
    return { failed: "unavailable", detail: `${what}: ${reasonOf(thrown)}. It is tried again later.` };
  const { code, body, headers } = answer.data;
  return failureOfAnswer(what, code, body, headers["retry-after"], now);
};

/** The same for an answer that we hold ourselves. */
export const failureOfAnswer = (
  what: string,
  status: number,
  body: unknown,
  retryAfter: string | null | undefined,
  now: Date,
): ApiFailure => {
  const { policyName, category, correlationId } = ErrorBody.parse(body);
  const reference =
    correlationId && /^[\w-]{1,60}$/.test(correlationId) ? ` (HubSpot's reference: ${correlationId})` : "";
  const because = category && /^[A-Z_]{1,60}$/.test(category) ? ` ${category}` : "";
  const said = `${what}: HubSpot answered ${status}${because}${reference}`;
  const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) * 1000 : undefined;

  if (status === 401)
    return {
      failed: "unauthorised",
      status,
      detail: `${said}. The token is not valid any more: renew it in accolade.yaml.`,
    };
  if (status === 403) {
    const scopes = scopesIn(body);
    const missing = scopes.length > 0 ? `the scope ${scopes.join(", ")}` : "the scope that this needs";
    return { failed: "forbidden", status, detail: `${said}. Add ${missing} to the HubSpot app.` };
  }
  if (status === 429) {
    const daily = policyName === "DAILY";
    const afterMs = seconds ?? (daily ? hourMs - (now.getTime() % hourMs) : 10_000);
    const limit = daily ? "The account's daily limit is used up" : "Too many calls in ten seconds";
    return { failed: "limited", status, detail: `${said}. ${limit}: it goes on by itself.`, afterMs };
  }
  // 423: the record is locked, wait 2 s or more. 477: the account is being moved, Retry-After says how long.
  const afterMs = seconds ?? (status === 423 ? 2000 : undefined);
  const failure: ApiFailure = { failed: "unavailable", status, detail: `${said}. It is tried again later.` };
  return afterMs === undefined ? failure : { ...failure, afterMs };
};

const scopesIn = (body: unknown): string[] => [
  ...new Set((JSON.stringify(body) ?? "").slice(0, 10_000).match(/\bcrm\.[a-z]+\.[a-z_.]*[a-z]/g)),
];

/** Why there was no answer, from the names and codes of Node.js: never from a message that may quote what was sent. */
const reasonOf = (thrown: unknown): string => {
  const { name, code, cause } = Thrown.parse(thrown);
  if (name === "SyntaxError" || name === "ZodError") return "HubSpot's answer could not be understood";
  const known = [cause?.code, code].find((one) => one !== undefined && /^[A-Z_]+$/.test(one));
  return known ? `no answer from HubSpot (${known})` : "no answer from HubSpot";
};

const code = z.string().optional().catch(undefined);
const Thrown = z
  .object({ name: code, code, cause: z.object({ code }).optional().catch(undefined) })
  .catch({ name: undefined, code: undefined, cause: undefined });

export const isFailure = (answer: object): answer is ApiFailure => "failed" in answer;

/** Without what only we need to know. */
export const readFailure = ({ failed, detail, afterMs }: ApiFailure): ReadFailure =>
  afterMs === undefined ? { failed, detail } : { failed, detail, afterMs };
