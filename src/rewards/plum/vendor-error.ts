import { z } from "zod";
import { type Reply, withoutSecrets } from "../vendor-call.ts";

/**
 * What Plum says where it does not do as asked. Three shapes are documented: of the API, with an `errorId`
 * (API-GUIDE/Concepts/error-handling-1.md); of its sign-in; and of too many requests (rate-limiting.md), whose HTTP status is
 * documented nowhere.
 */
export interface VendorError {
  /** `PLE10018`, `PIPE10017`; undefined where none was given. */
  id: string | undefined;
  /** Too many requests: how long to wait, in milliseconds. */
  penaltyMs: number | undefined;
  /** Plum's own words, fit to be stored and shown; empty where there are none. */
  words: string;
}

const ofApi = z.object({
  errorId: z.string().max(40),
  errorInfo: z.unknown().optional(),
  error: z.unknown().optional(),
});
const ofSignIn = z.object({ error: z.string(), error_description: z.unknown().optional() });
const ofLimit = z.object({
  errors: z.array(z.object({ message: z.string(), penaltySeconds: z.coerce.number().optional() })).min(1),
});

const A_MINUTE = 60_000;
const AN_HOUR = 60 * A_MINUTE;

export const vendorError = (reply: Reply, secrets: readonly string[]): VendorError => {
  const body = reply.status === "none" ? undefined : reply.body;
  const limit = ofLimit.safeParse(body).data?.errors.find(({ message }) => message === "auth.request_limit_exceeded");
  if (limit || reply.status === 429) {
    const asked = (limit?.penaltySeconds ?? Number.NaN) * 1_000;
    return {
      id: undefined,
      penaltyMs: Number.isFinite(asked) ? Math.min(Math.max(asked, 1_000), AN_HOUR) : A_MINUTE,
      words: "",
    };
  }
  const api = ofApi.safeParse(body).data;
  if (api) return { id: api.errorId, penaltyMs: undefined, words: wordsOf([api.errorInfo, api.error], secrets) };
  const signIn = ofSignIn.safeParse(body).data;
  return {
    id: undefined,
    penaltyMs: undefined,
    words: signIn ? wordsOf([signIn.error, signIn.error_description], secrets) : "",
  };
};

const wordsOf = (parts: readonly unknown[], secrets: readonly string[]): string => {
  const texts = [...new Set(parts.filter((part) => typeof part === "string"))].join("; ");
  return withoutSecrets(texts.replace(/\s+/g, " "), secrets);
};
