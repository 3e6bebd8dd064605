import { z } from "zod";
import { rejected, retryLater, unknown } from "../../outcome.ts";
import { type Reply, waitOf, withoutSecrets } from "../vendor-call.ts";

/**
 * What an answer without an order means. Only what Tango documents as not processed is a refusal or a wait; the rest is
 * unknown: "requests receiving a 5XX may occasionally be processed after a network connection is lost". The vendor's own
 * code is `i18nKey` (tangocard-raas-client-starter, messages.properties); the HTTP status decides where there is none.
 */
export const refusal = (reply: Reply, credentials: readonly string[], now: Date) => {
  if (reply.status === "none")
    return reply.sent
      ? unknown(`Tango may have taken the order: ${reply.why}.`)
      : retryLater(5_000, `Tango was not reached: ${reply.why}.`);
  const said = vendorWords(reply.body, credentials);
  const { status } = reply;
  if (status === 409)
    return unknown(
      said.code === "409.002"
        ? "Tango is processing an order with this key (409.002)."
        : `Tango has an order with this key already (${said.code ?? 409}).`,
    );
  if (status === 429) {
    const slow = said.code !== undefined && !tooFast.has(said.code);
    return retryLater(
      waitOf(reply.retryAfter, slow ? 60_000 : 1_000, now),
      `Tango asks for patience (${said.code ?? 429}).`,
    );
  }
  if (status === 402)
    return rejected("funds", "funds", `There is not enough money in the account at Tango: ${said.text}`);
  if (status === 401 || status === 403)
    return rejected(
      "configuration",
      said.code ?? `http_${status}`,
      `Tango did not accept the request (${said.code ?? status}): ${said.text} Check platformName, platformKey, customer, account and environment.`,
    );
  if (status === 404 || status === 428)
    return rejected(
      "configuration",
      said.code ?? `http_${status}`,
      `Tango does not offer what the order names (${said.code ?? status}): ${said.text} Check utid, customer and account.`,
    );
  if (status !== 400 && status !== 422) return unknown(`Tango answered ${status} without an order that can be read.`);
  const code = said.code ?? "validation";
  if (notActive.has(code))
    return rejected("funds", "out_of_stock", `Tango cannot supply the item now (${code}): ${said.text}`);
  if (adminKeys.has(code) || adminFields.has(said.field))
    return rejected("configuration", code, `Tango does not accept the order as it is set up (${code}): ${said.text}`);
  return rejected("permanent", code, `Tango refused the order as not valid (${code}): ${said.text}`);
};

/** "{0} rate limit {1} TPS threshold reached", "Too many requests"; other 429 say that it cannot be processed for a while. */
const tooFast = new Set(["429.001", "429.008"]);
/** The item is not active. */
const notActive = new Set(["422.030", "422.097"]);
/** What the admin chose or what the item costs is at fault, not this recipient: once mended, the order can go on. */
const adminKeys = new Set([
  ...["422.004", "422.010", "422.053", "422.156"],
  ...["422.024", "422.076", "422.147", "422.164"],
  ...["422.025", "422.026", "422.027", "422.059", "422.098", "422.099", "422.105", "422.140"],
  ...["422.003", "422.011", "422.166"],
]);
const adminFields = new Set<string | undefined>(["utid", "customerIdentifier", "accountIdentifier", "amount"]);

const errorAnswer = z.object({
  i18nKey: z.string().nullish(),
  message: z.string().nullish(),
  errors: z
    .array(z.object({ path: z.string().nullish(), i18nKey: z.string().nullish(), message: z.string().nullish() }))
    .nullish(),
});

/** The vendor's own reason, fit to be stored and shown. */
const vendorWords = (body: unknown, credentials: readonly string[]) => {
  const parsed = errorAnswer.safeParse(body).data;
  const errors = parsed?.errors ?? [];
  const found = [parsed?.i18nKey, ...errors.map((each) => each.i18nKey)].find(
    (each) => each && /^\d{3}\.\d{3}$/.test(each),
  );
  const words = [parsed?.message, ...errors.map(({ path, message }) => (path ? `${path}: ${message ?? ""}` : message))];
  const text = words.filter((each) => each).join(" ");
  return {
    code: found ?? undefined,
    field: errors[0]?.path ?? undefined,
    text: withoutSecrets(text === "" ? "no reason given." : text, credentials),
  };
};
