/**
 * How jsforce reaches Salesforce. Its own transport repeats a failed call five times and waits up to half an hour for an
 * answer (jsforce 3.10 `lib/request.js`); here a call is made once, within `timeoutMs`, and whoever asked decides what next.
 */
import { PassThrough } from "node:stream";
import type { Connection } from "jsforce";
import { codeOf, refusal, Stopped } from "./failure.ts";

type Transport = Connection["_transport"];
type Request = Parameters<Transport["httpRequest"]>[0];

export const boundedTransport = (timeoutMs: number): Transport => ({
  httpRequest: (request) => Object.assign(send(request, timeoutMs), { stream: () => new PassThrough() }),
  getRequestStreamCreator: () => () => {
    throw new Error("answers are read whole, never streamed");
  },
});

const send = async (request: Request, timeoutMs: number) => {
  const called = new URL(request.url).pathname;
  const answer = await exchange(request, timeoutMs).catch((error: unknown) => {
    const slow = error instanceof Error && error.name === "TimeoutError";
    const detail = slow ? `${called} did not answer within ${timeoutMs} ms` : `${called} could not be reached`;
    throw new Stopped({ failed: "unavailable", detail: `${detail}${causeOf(error)}` });
  });
  if (answer.statusCode >= 300) {
    const { statusCode: status, body } = answer;
    const failure = refusal(called, status, body, answer.headers["retry-after"] ?? null);
    throw new Stopped(failure, { status, code: codeOf(body) });
  }
  return answer;
};

const exchange = async ({ url, method, headers, body }: Request, timeoutMs: number) => {
  const response = await fetch(url, {
    method,
    headers: headers ?? {},
    body: typeof body === "string" ? body : null,
    // a redirect would carry the token along
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers) as Record<string, string>,
    body: await response.text(),
  };
};

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
};
