import { z } from "zod";
import type { Check, Surroundings } from "../connector.ts";
import { type Api, apiOf } from "./api.ts";
import { type Answer, isFailure } from "./failure.ts";
import type { Settings } from "./settings.ts";

const anything = z.unknown();

/** What doctor asks of the live account: does the token work, is it the right account, may it read what we need. */
export const check = async (settings: Settings, around: Surroundings): Promise<Check[]> => {
  const api = apiOf(settings, around);
  if (api === null)
    return [{ ok: true, what: "HubSpot is not read", detail: "no accessToken or oauth: deliveries stand alone" }];

  const account = await accountOf(api, settings);
  if (isFailure(account))
    return [{ ok: false, what: "HubSpot token", found: account.detail, todo: todoFor(account.failed, settings) }];
  const checks: Check[] = [sameAccount(account.value, settings)];
  for (const { what, scope, ask } of reads) {
    const answer = await api.call(`reading ${what}`, ask, anything);
    if (!isFailure(answer)) checks.push({ ok: true, what: `HubSpot lets us read ${what}` });
    else {
      const todo =
        answer.failed === "forbidden"
          ? `Add the scope ${scope} to the HubSpot app, then install it again or copy its new token.`
          : todoFor(answer.failed, settings);
      checks.push({ ok: false, what: `HubSpot lets us read ${what}`, found: answer.detail, todo });
    }
  }
  return checks;
};

type Ask = Parameters<Api["call"]>[1];
const reads: { what: string; scope: string; ask: Ask }[] = [
  { what: "deals", scope: "crm.objects.deals.read", ask: (c) => c.crm.deals.basicApi.getPage(1) },
  { what: "contacts", scope: "crm.objects.contacts.read", ask: (c) => c.crm.contacts.basicApi.getPage(1) },
  { what: "companies", scope: "crm.objects.companies.read", ask: (c) => c.crm.companies.basicApi.getPage(1) },
  {
    what: "owners",
    scope: "crm.objects.owners.read",
    ask: (c) => c.crm.owners.ownersApi.getPage(undefined, undefined, 1),
  },
  { what: "deal pipelines", scope: "crm.objects.deals.read", ask: (c) => c.crm.pipelines.pipelinesApi.getAll("deals") },
];

const TokenInfo = z.object({ hubId: z.number() });

/** The number of the account that the token belongs to; undefined where HubSpot does not say. */
const accountOf = async (api: Api, settings: Settings): Promise<Answer<string | undefined>> => {
  const access = await api.access();
  if (isFailure(access)) return access;
  if (settings.oauth) return { value: access.value.hubId };
  const info = await api.call(
    "looking at the token",
    async (client) => {
      const path = "/oauth/v2/private-apps/get/access-token-info";
      const response = await client.apiRequest({ method: "POST", path, body: { tokenKey: access.value.accessToken } });
      const headers = Object.fromEntries(response.headers);
      const body: unknown = await response.json().catch(() => null);
      // As the package's typed calls do, so that all refusals are understood in one place.
      if (!response.ok) throw { code: response.status, body, headers };
      return body;
    },
    TokenInfo,
  );
  return isFailure(info) ? info : { value: String(info.value.hubId) };
};

const sameAccount = (hubId: string | undefined, { portalId }: Settings): Check => {
  const what = "HubSpot token belongs to your account";
  if (hubId === undefined) return { ok: true, what: "HubSpot token works" };
  if (portalId === undefined)
    return {
      ok: true,
      what: "HubSpot token works",
      detail: `account ${hubId}; set portalId: ${hubId} to refuse others`,
    };
  if (hubId === portalId) return { ok: true, what, detail: `account ${hubId}` };
  const todo = "Correct portalId, or take the token from the app in that account.";
  return { ok: false, what, found: `the token is of account ${hubId}, portalId says ${portalId}`, todo };
};

const todoFor = (failed: string, { oauth }: Settings): string => {
  if (failed === "unauthorised")
    return oauth
      ? "Install the app again and put its new refresh token into oauth.refreshToken; check oauth.clientId and clientSecret."
      : "Copy the app's current access token (Settings › Integrations › Private Apps › Auth) into accessToken.";
  if (failed === "forbidden") return "Add the missing scope to the HubSpot app.";
  if (failed === "limited") return "Wait, then run doctor again; lower limits.requestsPer10Seconds if it comes back.";
  return "Check that this machine reaches api.hubapi.com, then run doctor again.";
};
