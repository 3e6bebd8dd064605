import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { Stopped } from "./failure.ts";
import type { ApiSettings } from "./settings.ts";
import { boundedTransport } from "./transport.ts";

/** What we keep between reads, as JSON text in the vault. Salesforce says no expiry: a 401 ends it. */
export const Token = z.object({
  accessToken: z.string().min(1),
  instanceUrl: z.url(),
  /** 18 characters, from the identity URL `…/id/{organization}/{user}`. */
  organizationId: z.string(),
});
export type Token = z.infer<typeof Token>;

const Answer = z.object({
  access_token: z.string().min(1),
  instance_url: z.url(),
  id: z.string().regex(/\/id\/00D\w{12,15}\/\w+$/),
});

/** A new token, by client credentials or by JWT bearer. Throws `Stopped` where Salesforce gives none. */
export const logIn = async (api: ApiSettings, now: Date): Promise<Token> => {
  const { OAuth2 } = await import("jsforce");
  const clientSecret = "clientSecret" in api ? { clientSecret: api.clientSecret } : {};
  const oauth2 = new OAuth2({ loginUrl: api.loginUrl, clientId: api.clientId, ...clientSecret });
  oauth2._transport = boundedTransport(api.timeoutMs);
  const grant =
    "clientSecret" in api
      ? { grant_type: "client_credentials" }
      : { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: await assertion(api, now) };
  const answer = Answer.safeParse(await oauth2.requestToken(grant));
  if (!answer.success) {
    throw new Stopped({
      failed: "unavailable",
      detail: "/services/oauth2/token answered without access_token, instance_url or id. Check `api.loginUrl`",
    });
  }
  if (!isInstanceOf(answer.data.instance_url, api.loginUrl)) {
    const detail =
      "/services/oauth2/token named an instance_url to which no token is sent: expected https:// and a public name. Check `api.loginUrl`";
    throw new Stopped({ failed: "unavailable", detail });
  }
  return {
    accessToken: answer.data.access_token,
    instanceUrl: answer.data.instance_url,
    organizationId: answer.data.id.split("/").at(-2) ?? "",
  };
};

/** The token is sent to wherever this says, so it has to be the server that was logged in to, or a name of the public web. */
const isInstanceOf = (instanceUrl: string, loginUrl: string): boolean => {
  const { origin, protocol, hostname, username, password } = new URL(instanceUrl);
  if (username !== "" || password !== "") return false;
  if (origin === new URL(loginUrl).origin) return true;
  const isName = /^([a-z0-9-]+\.)+[a-z][a-z0-9-]*\.?$/.test(hostname);
  return protocol === "https:" && isName && !/(^|\.)(localhost|local|internal)\.?$/.test(hostname);
};

/** Claims as Salesforce asks for them in "OAuth 2.0 JWT Bearer Flow": RS256, at most five minutes ahead. */
const assertion = async (api: Extract<ApiSettings, { privateKey: string }>, now: Date): Promise<string> => {
  const { SignJWT } = await import("jose");
  const sandbox = /(^|[.-])(test|sandbox)\./.test(new URL(api.loginUrl).hostname);
  const audience = api.audience ?? (sandbox ? "https://test.salesforce.com" : "https://login.salesforce.com");
  return new SignJWT()
    .setProtectedHeader({ alg: "RS256" })
    .setIssuer(api.clientId)
    .setSubject(api.username)
    .setAudience(audience)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + 180)
    .sign(createPrivateKey(api.privateKey));
};
