import { createHash, timingSafeEqual } from "node:crypto";
import { type RawRequest, type Refused, type Verified, verified } from "../connector.ts";
import { signatureProblem } from "../standard-webhooks.ts";
import { readCallouts } from "./callout.ts";
import { readEnvelope } from "./envelope.ts";
import { sameOrg } from "./same-org.ts";
import type { SalesforceSettings } from "./settings.ts";
import { utf8 } from "./utf8.ts";
import { withoutSession } from "./without-session.ts";

/** The last part of the URL under which signed JSON callouts arrive. */
export const calloutPath = "callout";

/** An Outbound Message by its secret path and organization, or a callout by its signature. */
export const verify = (request: RawRequest, settings: SalesforceSettings, now: Date): Verified | Refused => {
  if (request.rest === calloutPath && settings.calloutSecret) return callout(request, settings.calloutSecret, now);
  const known = settings.secretPath.map((path) => sameText(path, request.rest)).includes(true);
  return known ? outboundMessage(request, settings) : { refused: 404, reason: "secret-path-wrong" };
};

const outboundMessage = (request: RawRequest, settings: SalesforceSettings): Verified | Refused => {
  const xml = utf8(request.body);
  if (xml === null) return { refused: 400, reason: "not-utf8" };
  const envelope = readEnvelope(xml);
  if ("problem" in envelope) return { refused: 400, reason: "not-an-outbound-message" };
  if (!sameOrg(envelope.organizationId, settings.orgId)) return { refused: 401, reason: "organization-wrong" };
  if (!envelope.carriesSession) return verified("outbound-message", request.body);
  const cleaned = withoutSession(xml);
  if (cleaned === null) return { refused: 400, reason: "session-id-not-removable" };
  return verified("outbound-message", Buffer.from(cleaned));
};

const callout = (request: RawRequest, secrets: readonly string[], now: Date): Verified | Refused => {
  const problem = signatureProblem(request, secrets, now);
  if (problem !== null) return { refused: 401, reason: problem };
  const items = readCallouts(request.body);
  if ("problem" in items) return { refused: 400, reason: "not-a-callout" };
  return verified("callout", request.body);
};

/** In constant time, whatever the lengths. */
const sameText = (a: string, b: string) =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
