import { z } from "zod";
import type { Api } from "./api.ts";
import { type ApiFailure, isFailure } from "./failure.ts";

export interface Tie {
  id: string;
  primary: boolean;
}

const Batch = z.object({
  results: z.array(
    z.object({
      _from: z.object({ id: z.string() }),
      to: z.array(
        z.object({
          toObjectId: z.union([z.string(), z.number()]).transform(String),
          associationTypes: z.array(z.object({ category: z.string(), typeId: z.number() })),
        }),
      ),
      paging: z.object({ next: z.object({ after: z.string() }).nullish() }).nullish(),
    }),
  ),
});

/** deal→company, primary. https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4 */
const primaryCompany = 5;
const mostPages = 100;

/** What each record is tied to now, in the order of ids. Records with no ties are absent (HubSpot lists them as errors of a 207). */
export const readTies = async (
  api: Api,
  ids: string[],
  to: "contacts" | "companies" | "notes",
  from: "deals" | "contacts" = "deals",
): Promise<Map<string, Tie[]> | ApiFailure> => {
  const ties = new Map<string, Tie[]>();
  let inputs: { id: string; after?: string }[] = ids.map((id) => ({ id }));
  for (let page = 0; inputs.length > 0 && page < mostPages; page++) {
    const answer = await api.call(
      `reading the ${to} of ${from}`,
      (c) => c.crm.associations.v4.batchApi.getPage(from, to, { inputs }),
      Batch,
    );
    if (isFailure(answer)) return answer;
    inputs = [];
    for (const { _from: deal, to: found, paging } of answer.value.results) {
      const more = found.map(({ toObjectId, associationTypes }) => ({
        id: toObjectId,
        primary: associationTypes.some((type) => type.category === "HUBSPOT_DEFINED" && type.typeId === primaryCompany),
      }));
      ties.set(deal.id, [...(ties.get(deal.id) ?? []), ...more]);
      const after = paging?.next?.after;
      if (after !== undefined) inputs.push({ id: deal.id, after });
    }
  }
  for (const list of ties.values()) list.sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  return ties;
};
