import { badEvent } from "./bad.ts";
import { kindOf, type ObjectKind } from "./kinds.ts";
import { type Json, type Read, readId } from "./wire.ts";

/** A deal and what it is tied to, whichever end told us. */
export interface Association {
  deal: string;
  other: { kind: "contact" | "company"; id: string };
  removed: boolean;
  /** Of a company: whether it is the deal's own one. True where HubSpot does not say. */
  primary: boolean;
}

/** HubSpot's own, unlabelled types. A label that goes away does not untie the records, so others are not ours. */
const contactTypes = [3, 4];
const companyTypes = [5, 6, 341, 342];
const primaryTypes = [5, 6];

/** Undefined for ends that are not a deal with its contact or company. */
export const readAssociation = (raw: Json, place: string, generic: boolean): Read<Association> | undefined => {
  const ends = readEnds(raw, place, generic);
  if (ends === undefined || "bad" in ends) return ends;
  const [from, to] = ends.value;
  if (from === to || (from !== "deal" && to !== "deal")) return undefined;
  const kind = from === "deal" ? to : from;
  if (kind !== "contact" && kind !== "company") return undefined;
  const typeId = typeof raw.associationTypeId === "number" ? raw.associationTypeId : undefined;
  if (typeId !== undefined) {
    if (raw.associationCategory === "USER_DEFINED") return undefined;
    if (!(kind === "contact" ? contactTypes : companyTypes).includes(typeId)) return undefined;
  }

  const fromId = readId(raw, "fromObjectId", place);
  if ("bad" in fromId) return fromId;
  const toId = readId(raw, "toObjectId", place);
  if ("bad" in toId) return toId;
  if (typeof raw.associationRemoved !== "boolean")
    return { bad: badEvent(raw, `${place}.associationRemoved`, raw.associationRemoved, "true or false") };
  const [deal, other] = from === "deal" ? [fromId.value, toId.value] : [toId.value, fromId.value];
  const primary =
    typeof raw.isPrimaryAssociation === "boolean"
      ? raw.isPrimaryAssociation
      : typeId === undefined || primaryTypes.includes(typeId);
  return { value: { deal, other: { kind, id: other }, removed: raw.associationRemoved, primary } };
};

type Ends = [ObjectKind | undefined, ObjectKind | undefined];

/** Classic events name both ends in `DEAL_TO_CONTACT`; generic ones also by type id. */
const readEnds = (raw: Json, place: string, generic: boolean): Read<Ends> | undefined => {
  const { fromObjectTypeId: from, toObjectTypeId: to, associationType: named } = raw;
  if (typeof from === "string" && typeof to === "string") return { value: [kindOf(from), kindOf(to)] };
  if (typeof named !== "string") {
    const name = generic ? "fromObjectTypeId" : "associationType";
    return {
      bad: badEvent(raw, `${place}.${name}`, raw[name], generic ? "text like 0-3" : "text like DEAL_TO_CONTACT"),
    };
  }
  const [first, second, ...more] = named.split("_TO_");
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  return { value: [kindOf(first), kindOf(second)] };
};
