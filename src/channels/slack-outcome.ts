import { z } from "zod";
import { type Rejection, rejected, retryLater, unknown } from "../outcome.ts";
import { type Reply, unexplained } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

const Answer = z.object({
  ok: z.boolean(),
  error: z.string().nullish(),
  channel: z.string().nullish(),
  ts: z.string().nullish(),
  team: z.string().nullish(),
  user: z
    .object({ id: z.string().min(1) })
    .nullish()
    .catch(undefined),
});

/** The Web API answers 200 also where it refuses; `ok` says which. */
export const slackAnswer = (reply: Reply): z.infer<typeof Answer> | undefined =>
  reply.status === "none" ? undefined : Answer.safeParse(reply.body).data;

/** Error codes of the methods that we call. One that is not here is `permanent`. */
const meanings = new Map<string, Rejection>([
  ["users_not_found", "badAddress"],
  ["user_not_found", "badAddress"],
  ["channel_not_found", "badAddress"],
  ["cannot_dm_bot", "badAddress"],
  ["user_disabled", "badAddress"],
  ["is_archived", "badAddress"],
  ["messages_tab_disabled", "configuration"],
  ["invalid_auth", "configuration"],
  ["not_authed", "configuration"],
  ["account_inactive", "configuration"],
  ["token_revoked", "configuration"],
  ["token_expired", "configuration"],
  ["missing_scope", "configuration"],
  ["no_permission", "configuration"],
  ["not_allowed_token_type", "configuration"],
  ["org_login_required", "configuration"],
  ["ekm_access_denied", "configuration"],
  ["restricted_action", "configuration"],
  ["access_denied", "configuration"],
  ["accesslimited", "configuration"],
  ["enterprise_is_restricted", "configuration"],
  ["team_access_not_granted", "configuration"],
]);
const busy = new Set(["ratelimited", "rate_limited", "message_limit_exceeded"]);
/** Of these Slack says that part of the work may have been done. */
const doubtful = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout"]);

/** `lookup` changes nothing at Slack, so after it nothing is in doubt. */
export const slackOutcome = (reply: Reply, { asked }: { asked: "lookup" | "post" }): SendOutcome => {
  const answer = slackAnswer(reply);
  const lost = (): SendOutcome => {
    const outcome = unexplained("Slack", reply);
    return outcome.outcome === "unknown" && asked === "lookup" ? retryLater(30_000, outcome.detail) : outcome;
  };
  if (reply.status === "none" || reply.status === 429 || !answer) return lost();
  if (answer.ok)
    return answer.ts
      ? { outcome: "accepted", reference: `${answer.channel ?? ""}/${answer.ts}` }
      : unknown("Slack answered without the message's ts");
  const code = answer.error ?? "no_error";
  const said = `Slack error ${code}`;
  if (busy.has(code)) return retryLater(reply.retryAfterMs ?? 30_000, said, "sender");
  if (doubtful.has(code)) return asked === "lookup" ? retryLater(30_000, said) : unknown(said);
  return rejected(meanings.get(code) ?? "permanent", code, said);
};
