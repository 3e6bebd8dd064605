import { createHash } from "node:crypto";
import { z } from "zod";
import { rejected, retryLater } from "../../outcome.ts";
import type { ProviderSurroundings } from "../provider.ts";
import { inWords, vendorCall } from "../vendor-call.ts";
import { baseOf, type PlumSettings } from "./settings.ts";
import { vendorError } from "./vendor-error.ts";

const Stored = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1),
  expiresAt: z.iso.datetime(),
});
type Stored = z.infer<typeof Stored>;

/** `expires_in` came as text in a recorded answer. The `_expiry` fields are milliseconds since 1970, as text. */
const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
});

export type Token =
  | { ok: true; token: string }
  /** No call was made, so no order was placed. */
  | { ok: false; refusal: ReturnType<typeof rejected> | ReturnType<typeof retryLater> };

export interface Tokens {
  /** A token to call with. `refused`: one that Plum just refused, which must not be given again. */
  token(refused?: string): Promise<Token>;
}

/** Access tokens live 15 days, refresh tokens 30: renewed a day before their end, there is time to mend what is wrong. */
const MARGIN_MS = 86_400_000;
export const RENEWAL_MS = 20_000;

/**
 * The tokens of one Plum account. Renewed by one caller at a time across all processes, because Plum may end the old refresh
 * token with each renewal; the new one is stored before anybody uses what came with it.
 */
export const plumTokens = (settings: PlumSettings, around: ProviderSurroundings): Tokens => {
  // by the first refresh token, not by the provider's name: a new one starts afresh, and a new name loses nothing
  const account = `plum/${createHash("sha256").update(settings.refreshToken).digest("hex")}`;
  let known: Stored | undefined;
  let renewing: Promise<Token> | undefined;

  /** The access token of these, where it may be used for `marginMs` more. */
  const usable = (stored: Stored | undefined, refused: string | undefined, marginMs: number): string | undefined =>
    stored !== undefined &&
    stored.accessToken !== refused &&
    Date.parse(stored.expiresAt) - marginMs > around.now().getTime()
      ? stored.accessToken
      : undefined;

  const renewed = async (refused: string | undefined): Promise<Token> => {
    const end = await around.sql.transaction(async (tx): Promise<Token & { stored?: Stored | undefined }> => {
      await tx.run("select pg_advisory_xact_lock(hashtextextended($1, 4103))", [account]);
      const row = await tx.row<{ sealed: Buffer }>("select sealed from provider_tokens where account = $1", [account]);
      const kept = row && read(row.sealed, around);
      // another process renewed them while we waited for the lock
      const good = usable(kept, refused, MARGIN_MS);
      if (good !== undefined) return { ok: true, token: good, stored: kept };
      const asked = await renew(settings, kept?.refreshToken ?? settings.refreshToken, around.now());
      if (!asked.ok) {
        // early: the present one is still good for a while
        const still = usable(kept, refused, 0);
        return still === undefined ? asked : { ok: true, token: still };
      }
      const { stored } = asked;
      await tx.run(
        `insert into provider_tokens (account, sealed, updated_at) values ($1, $2, $3)
         on conflict (account) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
        [account, around.sealer.seal(JSON.stringify(stored), "token"), around.now()],
      );
      return { ok: true, token: stored.accessToken, stored };
    });
    if (end.stored) known = end.stored;
    return end.ok ? { ok: true, token: end.token } : { ok: false, refusal: end.refusal };
  };

  const token: Tokens["token"] = async (refused) => {
    const good = usable(known, refused, MARGIN_MS);
    if (good !== undefined) return { ok: true, token: good };
    // one of this process waits for the other processes: if all did, there were no connections left
    const joined = renewing !== undefined;
    renewing ??= renewed(refused).finally(() => {
      renewing = undefined;
    });
    const end = await renewing;
    // what somebody else asked for may be the very one that was refused
    return joined && end.ok && end.token === refused ? token(refused) : end;
  };
  return { token };
};

const read = (sealed: Buffer, { sealer }: ProviderSurroundings): Stored | undefined => {
  try {
    return Stored.parse(JSON.parse(sealer.open(sealed, "token")));
  } catch {
    // sealed with a key that is gone: begin again with the one of the settings
    return undefined;
  }
};

type Renewal = { ok: true; stored: Stored } | Extract<Token, { ok: false }>;

/** `POST {host}/v1/oauth/token/user`: API-PLAYGROUND/Rewards-API/authentication/spec.yaml. */
const renew = async (settings: PlumSettings, refreshToken: string, now: Date): Promise<Renewal> => {
  const { clientId, clientSecret, environment, timeoutMs } = settings;
  const reply = await vendorCall({
    method: "POST",
    headers: {},
    url: `${baseOf(settings)}/v1/oauth/token/user`,
    body: {
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    },
    timeoutMs: Math.min(timeoutMs, RENEWAL_MS),
  });
  const answer = TokenAnswer.safeParse(reply.status === 200 ? reply.body : undefined).data;
  if (answer)
    return {
      ok: true,
      stored: {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token,
        expiresAt: new Date(now.getTime() + answer.expires_in * 1_000).toISOString(),
      },
    };
  const error = vendorError(reply, [clientSecret, refreshToken, settings.refreshToken]);
  if (error.penaltyMs !== undefined)
    return { ok: false, refusal: retryLater(error.penaltyMs, "Plum asks for patience before it renews its token.") };
  if (reply.status === 400 || reply.status === 401 || reply.status === 403) {
    const said = error.words ? `: ${error.words}` : "";
    return {
      ok: false,
      refusal: rejected(
        "configuration",
        "token_refused",
        `Plum did not renew its token (${reply.status}${said}). Generate new ones in the Plum portal (${environment}), and set them as refreshToken, clientId and clientSecret.`,
      ),
    };
  }
  return { ok: false, refusal: retryLater(30_000, `Plum did not renew its token: ${inWords(reply)}.`) };
};
