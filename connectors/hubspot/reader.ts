import type { Fact, Subject } from "../../src/events.ts";
import type { Reader, ReadResult, Surroundings } from "../connector.ts";
import { apiOf } from "./api.ts";
import { dealFacts, stagesIn } from "./deal-facts.ts";
import { type ApiFailure, isFailure, readFailure } from "./failure.ts";
import { factsOf } from "./history.ts";
import { kinds, type ObjectKind } from "./kinds.ts";
import { mostObjects, readObjects } from "./objects.ts";
import { ownersOf } from "./owners.ts";
import type { Settings } from "./settings.ts";
import { stagesOf } from "./stages.ts";
import { readTies, type Tie } from "./ties.ts";

/** Reads HubSpot records in batches, with the people, contacts and stages around them. Null where the settings hold no token. */
export const reader = (settings: Settings, around: Surroundings): Reader | null => {
  const api = apiOf(settings, around);
  if (api === null) return null;
  const stagesFor = stagesOf(api, settings, around.now);
  const ownersFor = ownersOf(api, around.now);
  /** Facts of each record that HubSpot has, by its id. */
  type Found = Map<string, Fact[]> | ApiFailure;

  const readDeals = async (ids: string[]): Promise<Found> => {
    const deals = await readObjects(api, "deal", ids, settings);
    if (isFailure(deals)) return deals;
    const present = [...deals.keys()];
    if (present.length === 0) return new Map();
    const stages = await stagesFor([...deals.values()].flatMap((deal) => stagesIn(deal, settings)));
    if (isFailure(stages)) return stages;
    const companies = await readTies(api, present, "companies");
    if (isFailure(companies)) return companies;
    const contacts = await readTies(api, present, "contacts");
    if (isFailure(contacts)) return contacts;
    const people = await readPlain("contact", [...new Set([...contacts.values()].flat().map((tie: Tie) => tie.id))]);
    if (isFailure(people)) return people;

    const found = new Map<string, Fact[]>();
    for (const [id, deal] of deals) {
      const ties = contacts.get(id) ?? [];
      const own = dealFacts(deal, stages.value, ties, companies.get(id) ?? [], settings);
      found.set(id, [...own, ...ties.flatMap((tie) => people.get(tie.id) ?? [])]);
    }
    return found;
  };

  const readPlain = async (kind: ObjectKind, ids: string[]): Promise<Found> => {
    const objects = await readObjects(api, kind, ids, settings);
    if (isFailure(objects)) return objects;
    return new Map([...objects].map(([id, object]) => [id, factsOf(kind, object, settings)]));
  };

  const withOwners = async (found: Map<string, Fact[]>): Promise<Found> => {
    const ownerIds = (facts: Fact[]) =>
      facts.flatMap(({ field, value }) =>
        (field === "owner" || field.startsWith("contributor:")) && typeof value === "string" ? [value] : [],
      );
    const owners = await ownersFor([...found.values()].flatMap(ownerIds));
    if (isFailure(owners)) return owners;
    return new Map(
      [...found].map(([id, facts]) => {
        const people = [...new Set(ownerIds(facts))].flatMap((owner) => owners.get(owner) ?? []);
        return [id, [...facts, ...people]];
      }),
    );
  };

  const readKind = async (kind: Subject["kind"], ids: string[]): Promise<Found> => {
    if (kind === "user") return ownersFor(ids);
    const object = kinds.find((one) => one === kind);
    if (object === undefined) return new Map();
    const found = object === "deal" ? await readDeals(ids) : await readPlain(object, ids);
    return isFailure(found) ? found : withOwners(found);
  };

  return {
    batch: mostObjects,
    read: async (subjects) => {
      const results: ReadResult[] = [];
      for (const [kind, group] of Map.groupBy(subjects, (subject) => subject.kind)) {
        // One id that is none makes HubSpot refuse the whole batch.
        const ids = [...new Set(group.map(({ id }) => id))].filter((id) => /^\d{1,16}$/.test(id));
        const found = ids.length === 0 ? new Map<string, Fact[]>() : await readKind(kind, ids);
        if (isFailure(found)) return readFailure(found);
        for (const subject of group) {
          const facts = found.get(subject.id);
          results.push(
            facts ? { subject, facts } : { subject, missing: "HubSpot has no such record, or hides it from us" },
          );
        }
      }
      return results;
    },
  };
};
