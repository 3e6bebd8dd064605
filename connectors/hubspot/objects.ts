import { z } from "zod";
import type { Api } from "./api.ts";
import { closedProperties } from "./deal-status.ts";
import { type ApiFailure, isFailure } from "./failure.ts";
import { CrmObject } from "./history.ts";
import type { ObjectKind } from "./kinds.ts";
import { propertiesOf } from "./properties.ts";
import type { Settings } from "./settings.ts";

/**
 * HubSpot refuses more when histories are asked: "The maximum number of inputs supported in a batch request for property
 * histories is 50."
 */
export const mostObjects = 50;

/** One record that is not as documented must not hold up the others: it is then missing. */
const Batch = z.object({ results: z.array(CrmObject.nullable().catch(null)) });

/** Records by id, with the history of what we keep. An id that HubSpot does not have is absent. */
export const readObjects = async (
  api: Api,
  kind: ObjectKind,
  ids: string[],
  settings: Settings,
): Promise<Map<string, CrmObject> | ApiFailure> => {
  const kept = propertiesOf(kind, settings);
  const beside = [...(kind === "deal" ? closedProperties : []), "hs_lastmodifieddate", "lastmodifieddate"];
  const objects = new Map<string, CrmObject>();
  for (let start = 0; start < ids.length; start += mostObjects) {
    const input = {
      inputs: ids.slice(start, start + mostObjects).map((id) => ({ id })),
      properties: [...kept, ...beside],
      propertiesWithHistory: kept.filter((name) => name !== "createdate"),
    };
    const answer = await api.call(
      `reading ${kind === "company" ? "companies" : `${kind}s`}`,
      ({ crm }) => {
        if (kind === "deal") return crm.deals.batchApi.read(input);
        return kind === "contact" ? crm.contacts.batchApi.read(input) : crm.companies.batchApi.read(input);
      },
      Batch,
    );
    if (isFailure(answer)) return answer;
    for (const object of answer.value.results) if (object) objects.set(object.id, object);
  }
  return objects;
};
