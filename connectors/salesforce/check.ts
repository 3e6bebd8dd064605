import type { Check, Surroundings } from "../connector.ts";
import { Stopped } from "./failure.ts";
import { objectNames } from "./objects.ts";
import { openSession } from "./session.ts";
import type { SalesforceSettings } from "./settings.ts";
import { columnsOf, historyColumns, stagesQuery } from "./soql.ts";

/** Signs in, compares the organization, and reads one row of every object with exactly the fields that reads will name. */
export const check = async (settings: SalesforceSettings, around: Surroundings): Promise<Check[]> => {
  const { api } = settings;
  if (!api) {
    const detail = "no `api`: only what a message carries is known, so tick every field that `accolade doctor` lists";
    return [{ ok: true, what: "Salesforce API", detail }];
  }
  const session = openSession(api, settings.orgId, around);
  const attempt = async (what: string, act: () => Promise<Check>): Promise<Check> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return { ok: false, what, found: error.failure.detail, todo: todo[error.failure.failed] };
    }
  };
  const login = await attempt("Salesforce login", async () => {
    return { ok: true, what: "Salesforce login", detail: `organization ${await session.signIn()}` };
  });
  if (!login.ok) return [login];
  const queries = [
    ...objectNames.map(
      (name) => [name, `SELECT ${columnsOf(name, settings).join(", ")} FROM ${name} LIMIT 1`] as const,
    ),
    ["OpportunityHistory", `SELECT ${historyColumns.join(", ")} FROM OpportunityHistory LIMIT 1`] as const,
    ["OpportunityStage", `${stagesQuery} LIMIT 1`] as const,
  ];
  const reads = queries.map(([name, soql]) =>
    attempt(`Salesforce ${name}`, async () => {
      await session.query(soql);
      return { ok: true, what: `Salesforce ${name}` };
    }),
  );
  return [login, ...(await Promise.all(reads))];
};

const todo = {
  unauthorised:
    "Check orgId, clientId with clientSecret (or username with privateKey), and that the connected app allows this flow",
  forbidden: "Give the API user read access to this object and to the field named; see docs/connect-salesforce.md",
  limited:
    "Wait until the org's daily API requests are counted anew, or raise them; Setup → System Overview shows them",
  unavailable: "Check `api.loginUrl` and the way out to it; where Salesforce is down, try again later",
} as const;
