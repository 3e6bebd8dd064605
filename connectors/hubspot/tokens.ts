import { z } from "zod";
import type { Surroundings } from "../connector.ts";
import { sha256 } from "./bad.ts";
import { type Answer, failureOf, failureOfAnswer, isFailure } from "./failure.ts";
import { within } from "./patience.ts";
import type { Turn } from "./rolling-limit.ts";
import type { Settings } from "./settings.ts";

const Stored = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1),
  expiresAt: z.iso.datetime(),
  /** Which refresh token of the settings these came from: a new one there starts afresh. */
  seed: z.string(),
  hubId: z.string().optional(),
});
type Stored = z.infer<typeof Stored>;

/** https://developers.hubspot.com/docs/api-reference/auth-oauth-v3: the package still calls v1, which ends in 2027. */
const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive(),
  hub_id: z.number().optional(),
});

export interface Tokens {
  /** A token to call with. `rejected`: one that HubSpot just refused, which must not be given again. */
  token(rejected?: string): Promise<Answer<Access>>;
}
export interface Access {
  accessToken: string;
  /** The account that an OAuth token belongs to, where HubSpot said it. */
  hubId?: string | undefined;
}

/** Tokens are renewed this long before they end, so that none ends on its way. */
const marginMs = 60_000;

/** The token source of a connection; null where it has none. */
export const tokensOf = (settings: Settings, around: Surroundings, turn: Turn): Tokens | null => {
  const { accessToken, oauth } = settings;
  if (accessToken)
    return { token: async (rejected) => (rejected === undefined ? { value: { accessToken } } : refused()) };
  return oauth ? oauthTokens(settings, oauth, around, turn) : null;
};

const refused = (): Answer<never> => ({
  failed: "unauthorised",
  status: 401,
  detail: "HubSpot refused the private app's token. Copy the current one from the app's Auth tab into accessToken.",
});

const oauthTokens = (
  settings: Settings,
  oauth: { clientId: string; refreshToken: string },
  around: Surroundings,
  turn: Turn,
): Tokens => {
  const seed = sha256(oauth.refreshToken);
  let known: Stored | null = null;
  const usable = (stored: Stored | null, rejected?: string): stored is Stored =>
    stored !== null &&
    stored.seed === seed &&
    stored.accessToken !== rejected &&
    Date.parse(stored.expiresAt) - marginMs > around.now().getTime();

  return {
    token: async (rejected) => {
      if (usable(known, rejected)) return { value: known };
      let failure: Answer<never> | undefined;
      try {
        const text = await around.tokens.exclusively(async (stored) => {
          const kept = parseStored(stored);
          // Another caller renewed it while we waited for the lock.
          if (stored !== null && usable(kept, rejected)) return stored;
          const renewed = await renew(settings, oauth.clientId, seed, refreshTokenOf(kept, seed, oauth), around, turn);
          if (!isFailure(renewed)) return JSON.stringify(renewed.value);
          failure = renewed;
          // Leaving by a throw keeps what is stored as it was.
          throw new Error("the token was not renewed");
        });
        known = parseStored(text);
      } catch (thrown) {
        if (failure) return failure;
        throw thrown;
      }
      return known ? { value: known } : refused();
    },
  };
};

const refreshTokenOf = (kept: Stored | null, seed: string, oauth: { refreshToken: string }): string =>
  kept?.seed === seed ? kept.refreshToken : oauth.refreshToken;

const parseStored = (text: string | null): Stored | null => {
  try {
    return Stored.parse(JSON.parse(text ?? "null"));
  } catch {
    return null;
  }
};

const renew = async (
  settings: Settings,
  clientId: string,
  seed: string,
  refreshToken: string,
  around: Surroundings,
  turn: Turn,
): Promise<Answer<Stored>> => {
  const what = "renewing the OAuth token";
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: clientId,
    client_secret: settings.clientSecret[0] ?? "",
    refresh_token: refreshToken,
  });
  try {
    await turn();
    const { Client } = await import("@hubspot/api-client");
    const client = new Client({ basePath: settings.apiBase, numberOfApiCallRetries: 0 });
    const ask = async () => {
      const response = await client.apiRequest({
        method: "POST",
        path: "/oauth/v3/token",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: form.toString(),
        defaultJson: false,
        authType: "none",
      });
      return { response, text: await response.text() };
    };
    const { response, text } = await within(settings.limits.timeoutSeconds * 1000, ask());
    if (!response.ok) {
      // HubSpot answers 400 to a refresh token that was revoked: for us that is a credential that no longer works.
      const status = response.status === 400 ? 401 : response.status;
      return failureOfAnswer(what, status, jsonOrNull(text), response.headers.get("retry-after"), around.now());
    }
    const answer = TokenAnswer.parse(JSON.parse(text));
    const stored: Stored = {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? refreshToken,
      expiresAt: new Date(around.now().getTime() + answer.expires_in * 1000).toISOString(),
      seed,
    };
    return { value: answer.hub_id === undefined ? stored : { ...stored, hubId: String(answer.hub_id) } };
  } catch (thrown) {
    return failureOf(what, thrown, around.now());
  }
};

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
