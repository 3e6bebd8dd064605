import { z } from "zod";
import type { Fact, FactValue } from "../../src/events.ts";
import type { Api } from "./api.ts";
import { type Answer, type ApiFailure, isFailure } from "./failure.ts";

const Owner = z.object({
  id: z.string(),
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  archived: z.boolean().default(false),
  createdAt: z.date(),
  updatedAt: z.date(),
  teams: z.array(z.object({ name: z.string(), primary: z.boolean().default(false) })).nullish(),
});
type Owner = z.infer<typeof Owner>;
const Page = z.object({
  results: z.array(Owner),
  paging: z.object({ next: z.object({ after: z.string() }).nullish() }).nullish(),
});

const keepMs = 5 * 60_000;
const pageSize = 100;
const mostPages = 100;

/** Facts about the people behind owner ids. Who left the company is looked up among the archived; who is nowhere has none. */
export const ownersOf = (api: Api, now: () => Date) => {
  let read: { at: number; owners: Map<string, Owner | null> } | undefined;

  const active = async (): Promise<Answer<Map<string, Owner | null>>> => {
    const owners = new Map<string, Owner | null>();
    let after: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const answer = await api.call(
        "reading owners",
        (c) => c.crm.owners.ownersApi.getPage(undefined, after, pageSize, false),
        Page,
      );
      if (isFailure(answer)) return answer;
      for (const owner of answer.value.results) owners.set(owner.id, owner);
      after = answer.value.paging?.next?.after;
      if (after === undefined) break;
    }
    return { value: owners };
  };

  const archived = async (id: string): Promise<Answer<Owner | null>> => {
    const answer = await api.call(
      "reading an owner who left",
      (c) => c.crm.owners.ownersApi.getById(Number(id), "id", true),
      Owner,
    );
    return isFailure(answer) && answer.status === 404 ? { value: null } : answer;
  };

  return async (ids: Iterable<string>): Promise<Map<string, Fact[]> | ApiFailure> => {
    const wanted = [...new Set(ids)].filter((id) => /^\d{1,15}$/.test(id));
    const facts = new Map<string, Fact[]>();
    if (wanted.length === 0) return facts;
    if (read === undefined || now().getTime() - read.at >= keepMs) {
      const loaded = await active();
      if (isFailure(loaded)) return loaded;
      read = { at: now().getTime(), owners: loaded.value };
    }
    const { owners } = read;
    for (const id of wanted) {
      let owner = owners.get(id);
      if (owner === undefined) {
        const found = await archived(id);
        if (isFailure(found)) return found;
        owner = found.value;
        owners.set(id, owner);
      }
      if (owner !== null) facts.set(id, factsOf(owner));
    }
    return facts;
  };
};

/** Owners have no history: what they are now has been so since HubSpot last changed them. */
const factsOf = (owner: Owner): Fact[] => {
  const at = owner.updatedAt.toISOString();
  const fact = (field: string, value: FactValue): Fact => ({ kind: "user", id: owner.id, field, value, at });
  const team = owner.teams?.find((one) => one.primary) ?? owner.teams?.[0];
  return [
    { kind: "user", id: owner.id, field: "exists", value: true, at: owner.createdAt.toISOString() },
    fact("first_name", owner.firstName || null),
    fact("last_name", owner.lastName || null),
    fact("email", owner.email || null),
    fact("team", team?.name ?? null),
    fact("active", !owner.archived),
  ];
};
