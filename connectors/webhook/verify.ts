import { type RawRequest, type Refused, type Verified, verified } from "../connector.ts";
import { signatureProblem } from "../standard-webhooks.ts";
import { readBody } from "./body.ts";
import type { WebhookSettings } from "./settings.ts";

/** The signature first; only then is the body read. */
export const verify = (request: RawRequest, settings: WebhookSettings, now: Date): Verified | Refused => {
  if (request.rest !== "") return { refused: 404, reason: "path-unknown" };
  const problem = signatureProblem(request, settings.secret, now);
  if (problem !== null) return { refused: 401, reason: problem };
  const read = readBody(request.body, settings);
  return "problem" in read ? { refused: 400, reason: "body-not-events" } : verified("events", request.body);
};
