import { z } from "zod";
import { rejected, unknown } from "../outcome.ts";
import { type Reply, unexplained, vendorWords } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

const Taken = z.object({ message_uuid: z.string().min(1) });
/** RFC 7807, with the parameters that were wrong. */
const Problem = z.object({
  title: z.string().nullish(),
  detail: z.string().nullish(),
  invalid_parameters: z.array(z.object({ name: z.string().nullish(), reason: z.string().nullish() })).nullish(),
});

/** Only what Vonage says in its own format is believed; everything else after sending is `unknown`. */
export const vonageOutcome = (reply: Reply): SendOutcome => {
  if (reply.status === "none" || reply.status >= 500 || reply.status === 429) return unexplained("Vonage", reply);
  if (reply.status >= 200 && reply.status < 300) {
    const taken = Taken.safeParse(reply.body).data;
    return taken
      ? { outcome: "accepted", reference: taken.message_uuid }
      : unknown(`Vonage answered ${reply.status} without a message_uuid`);
  }
  const code = String(reply.status);
  const problem = Problem.safeParse(reply.body).data;
  const wrong = problem?.invalid_parameters ?? [];
  const said = [problem?.title, problem?.detail, ...wrong.map(({ name, reason }) => `${name}: ${reason}`)]
    .filter(Boolean)
    .join("; ");
  const detail = `Vonage answered ${code}: ${vendorWords(said || "no details")}`;
  if (reply.status === 401 || reply.status === 403 || reply.status === 404)
    return rejected("configuration", code, `${detail}; check applicationId and privateKey, or apiKey and apiSecret`);
  if (reply.status === 402) return rejected("funds", code, detail);
  if (!problem) return unexplained("Vonage", reply);
  if (wrong.some(({ name }) => name === "to")) return rejected("badAddress", code, detail);
  if (wrong.some(({ name }) => name === "from")) return rejected("configuration", code, detail);
  return rejected("permanent", code, detail);
};
