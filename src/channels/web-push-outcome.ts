import { rejected, retryLater } from "../outcome.ts";
import { type Reply, unexplained } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

/** What a push service answered for one device. https://datatracker.ietf.org/doc/html/rfc8030 */
export const pushOutcome = (reply: Reply): SendOutcome => {
  // each browser has a service of its own: what one of them says holds for none of the others
  if (reply.status === "none" || reply.status >= 500 || reply.status === 429) {
    const outcome = unexplained("the push service", reply);
    return outcome.outcome === "retryLater" ? retryLater(outcome.afterMs, outcome.detail) : outcome;
  }
  if (reply.status >= 200 && reply.status < 300) return { outcome: "accepted", reference: "" };
  const code = String(reply.status);
  if (reply.status === 404 || reply.status === 410)
    return rejected("badAddress", code, "the device does not take notifications any more");
  if (reply.status === 413) return rejected("permanent", code, "the notification is too large for the push service");
  if (reply.status === 401 || reply.status === 403)
    return rejected("configuration", code, `the push service refused the VAPID keys (${code})`);
  return rejected("permanent", code, `the push service answered ${code}`);
};

/** One outcome for all devices of a person: told is who was told on one of them. */
export const ofAll = (outcomes: readonly SendOutcome[], key: string): SendOutcome => {
  if (outcomes.some(({ outcome }) => outcome === "accepted")) return { outcome: "accepted", reference: key };
  const configuration = outcomes.find((each) => each.outcome === "rejected" && each.kind === "configuration");
  return (
    outcomes.find(({ outcome }) => outcome === "unknown") ??
    outcomes.find(({ outcome }) => outcome === "retryLater") ??
    configuration ??
    outcomes.find((each) => each.outcome === "rejected" && each.kind === "permanent") ??
    rejected("badAddress", "no_device", "no device of this person takes notifications any more")
  );
};
