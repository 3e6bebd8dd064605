/** A POST of JSON to an address that an admin wrote down: never into our own network, unless they say that it may. */
import { z } from "zod";
import { rejected } from "../outcome.ts";
import { addressProblem, callOutside } from "../public-address.ts";
import { type Reply, waitAsked } from "./call.ts";
import type { SendOutcome } from "./channel.ts";

/** The setting that opens one's own network. */
export const AllowPrivate = z
  .boolean()
  .default(false)
  .describe("true: the address may be in your own network, and plain http://. Only for addresses that you trust");

/** For `superRefine` of settings with `webhook` and `allowPrivate`. */
export const webhookIsPublic = (
  { webhook, allowPrivate }: { webhook: string; allowPrivate: boolean },
  context: z.core.$RefinementCtx,
): void => {
  const problem = addressProblem(webhook, { allowPrivate });
  if (problem) context.addIssue({ code: "custom", path: ["webhook"], message: problem });
};

interface Post {
  url: string;
  content: unknown;
  timeoutMs: number;
  allowPrivate: boolean;
  now: () => Date;
}

/** `refused`: the address leads into our own network, and nothing was sent. Never throws; follows no redirect. */
export const postOutside = async (post: Post): Promise<Reply | { refused: string }> => {
  const { url, content, timeoutMs, allowPrivate, now } = post;
  const answer = await callOutside(url, {
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(content),
    timeoutMs,
    allowPrivate,
  });
  if ("refused" in answer) return answer;
  if ("failed" in answer) {
    const why = answer.sent
      ? `the connection broke or fell silent (${answer.failed})`
      : `no connection (${answer.failed})`;
    return { status: "none", sent: answer.sent, why };
  }
  const { status, headers, text } = answer;
  return { status, text, body: undefined, retryAfterMs: waitAsked(headers["retry-after"] ?? null, now()) };
};

/** What a refused address means for a message. */
export const notOutside = (vendor: string, refused: string): SendOutcome =>
  rejected("configuration", "address", `${vendor} was not called: ${refused}; allowPrivate: true lets it`);
