/** Why a reward is no longer due: what the corridor stores in `grants.undone_why`, and how people read it. */

const words = {
  "deal.lost": { en: "the deal was lost", it: "la trattativa è stata persa" },
  "deal.won": { en: "the deal was won", it: "la trattativa è stata vinta" },
  "deal.reopened": { en: "the deal was opened again", it: "la trattativa è stata riaperta" },
  "deal.deleted": { en: "the deal was deleted", it: "la trattativa è stata eliminata" },
  "deal.owner_changed": {
    en: "the deal went to another owner before the reward was due",
    it: "la trattativa è passata a un'altra persona prima che il premio fosse dovuto",
  },
  "deal.amount_changed": {
    en: "the deal's amount no longer meets the rule",
    it: "l'importo della trattativa non soddisfa più la regola",
  },
  "payment.refunded": { en: "the payment was refunded", it: "il pagamento è stato rimborsato" },
  "contact.unsubscribed": { en: "the contact unsubscribed", it: "il contatto ha annullato l'iscrizione" },
  "metric.changed": { en: "the metric no longer meets the rule", it: "l'indicatore non soddisfa più la regola" },
  correction: {
    en: "a change that arrived later shows that it was not due",
    it: "una modifica arrivata più tardi mostra che non era dovuto",
  },
} as const satisfies Record<string, { en: string; it: string }>;

export type UndoneReason = keyof typeof words;

const BY_HAND = "by hand: ";

/** A person took it back, and this is why, in their words. */
export const undoneByHand = (because: string): string => `${BY_HAND}${because}`;

/** As it stands in the middle of a sentence. A language that we do not have is answered in English. */
export const undoneInWords = (reason: string, language = "en"): string => {
  const italian = language.startsWith("it");
  if (reason.startsWith(BY_HAND)) {
    const because = reason.slice(BY_HAND.length);
    return italian ? `lo ha deciso una persona: “${because}”` : `somebody decided so: “${because}”`;
  }
  const known = Object.hasOwn(words, reason) ? words[reason as UndoneReason] : words.correction;
  return italian ? known.it : known.en;
};
