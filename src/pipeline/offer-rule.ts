/** Under which rule id a grant stands that a recipient took for points; rules cannot have one with a colon. */
export const offerRuleId = (offerId: string): string => `offer:${offerId}`;

export const isOffer = ({ rule_id }: { rule_id: string }): boolean => rule_id.startsWith("offer:");

/** In place of a rule's title. */
export const offerTitle: Readonly<Record<string, string>> = {
  en: "Taken for your points",
  it: "Preso con i tuoi punti",
};
