import { type RawRequest, type Refused, type Verified, verified } from "../connector.ts";
import { parseBody } from "./json-body.ts";
import type { Settings } from "./settings.ts";
import { isOneOf, signatureV1, signatureV2, signatureV3 } from "./signature.ts";

/** HubSpot's own window for v3, applied on both sides of our clock. */
const windowMs = 300_000;
const mostEvents = 1000;

const refuse = (refused: Refused["refused"], reason: string): Refused => ({ refused, reason });

/** Lets in what one of the app's secrets signed, in a version this route takes, within the time window. */
export const verify = (request: RawRequest, settings: Settings, now: Date): Verified | Refused => {
  const workflow = request.rest === "workflow" && settings.workflow !== undefined;
  if (request.rest !== "" && !workflow) return refuse(404, "unknown_path");

  const wrong = checkSignature(request, settings, workflow ? ["v2"] : settings.signatures, now);
  if (wrong) return refuse(401, wrong);

  const parsed = parseBody(request.body);
  if ("reason" in parsed) return refuse(400, parsed.reason);
  const { value } = parsed;
  if (workflow) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(400, "not_an_object");
    return verified("workflow", request.body);
  }
  if (!Array.isArray(value)) return refuse(400, "not_a_list");
  if (value.length > mostEvents) return refuse(400, "too_many_events");
  return verified("events", request.body);
};

/** Undefined where the signature holds, else why not. A v3 header, once present, alone decides: no downgrade. */
const checkSignature = (
  request: RawRequest,
  { clientSecret }: Settings,
  allowed: readonly string[],
  now: Date,
): string | undefined => {
  const { headers } = request;
  const v3 = headers["x-hubspot-signature-v3"];
  if (v3 !== undefined) {
    const timestamp = headers["x-hubspot-request-timestamp"] ?? "";
    if (!/^\d{1,15}$/.test(timestamp)) return "bad_timestamp";
    if (
      !isOneOf(
        v3,
        clientSecret.map((secret) => signatureV3(secret, request, timestamp)),
      )
    )
      return "wrong_signature";
    return Math.abs(now.getTime() - Number(timestamp)) > windowMs ? "stale_timestamp" : undefined;
  }
  const signature = headers["x-hubspot-signature"];
  if (signature === undefined) return "missing_signature";
  const version = headers["x-hubspot-signature-version"] ?? "";
  if (!allowed.includes(version)) return "signature_version_not_allowed";
  const expected = version === "v1" ? signatureV1 : version === "v2" ? signatureV2 : undefined;
  if (!expected) return "signature_version_not_allowed";
  return isOneOf(
    signature,
    clientSecret.map((secret) => expected(secret, request)),
  )
    ? undefined
    : "wrong_signature";
};
