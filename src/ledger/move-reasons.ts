/** Why a grant moved, where it is we who say so: what is stored beside the English words, and how people read it. */
import { formatMoney, type Money } from "../money.ts";
import { inWords, type Wording } from "../wordings.ts";
import { undoneInWords } from "./undone.ts";

/** `{name}` stands for a value; both languages have the same ones. */
export const moveWords = {
  rule: { en: "rule {rule}", it: "regola {rule}" },
  rule_no_money: {
    en: "rule {rule}: budget {budget} has no money left for it",
    it: "regola {rule}: nel budget {budget} non resta denaro per questo premio",
  },
  rule_held: { en: "rule {rule}: held for {hold}", it: "regola {rule}: trattenuto ({hold})" },
  rule_approval: { en: "rule {rule}: {approval}", it: "regola {rule}: serve un'approvazione ({approval})" },
  undone: { en: "{undone}", it: "{undone}" },
  undone_not_taken: { en: "{undone}; {detail}", it: "{undone}; {detail}" },
  not_due_when_asked: {
    en: "it was not due when the provider was asked",
    it: "non era dovuto quando è stato chiesto al fornitore",
  },
  corrected: {
    en: "corrected by a change that arrived later",
    it: "corretto da una modifica arrivata più tardi",
  },
  due_again: { en: "due again", it: "di nuovo dovuto" },
  due_again_paid_out: {
    en: "due again: {amount} of it went into other rewards and are paid out",
    it: "di nuovo dovuto: {amount} erano andati in altri premi e vengono pagati",
  },
  hold_ended: {
    en: "the hold has ended, and the reward is still due",
    it: "l'attesa è finita e il premio è ancora dovuto",
  },
  budget_ended: {
    en: "budget {budget} ended without money for it",
    it: "il budget {budget} è terminato senza denaro per questo premio",
  },
  nobody_decided: { en: "nobody decided before {at}", it: "nessuno ha deciso prima del {at}" },
  approved: { en: "approved", it: "approvato" },
  forgotten: { en: "the recipient asked to be forgotten", it: "il destinatario ha chiesto di essere dimenticato" },
  points_returned: { en: "its points were given back", it: "i suoi punti sono stati restituiti" },
  order_placed: { en: "order from {provider}", it: "ordine a {provider}" },
  order_chosen: { en: "order from {provider}, since {since}", it: "ordine a {provider}, perché {since}" },
  said_ordered: {
    en: "a person says that it was ordered, as {reference}",
    it: "una persona dice che è stato ordinato, come {reference}",
  },
  order_interrupted: {
    en: "the order was interrupted: its outcome is not known",
    it: "l'ordine è stato interrotto: l'esito non è noto",
  },
  order_accepted: { en: "{provider} accepted", it: "accettato da {provider}" },
  sent_again: { en: "sent again with the same key", it: "inviato di nuovo con la stessa chiave" },
  all_paid_debt: {
    en: "all of it paid a debt: nothing was ordered",
    it: "tutto l'importo ha pagato un debito: non è stato ordinato nulla",
  },
  taken_for_points: { en: "taken for {points} on their page", it: "preso per {points} dalla propria pagina" },
  tried_again: { en: "tried again by hand: {why}", it: "si riprova, per decisione di una persona: {why}" },
  take_back_asked: { en: "to be taken back: {undone}", it: "da annullare: {undone}" },
  not_taken_back: {
    en: "it stays, although {undone}: it cannot be taken back, since {detail}",
    it: "resta, anche se {undone}: non si può annullare, perché {detail}",
  },
  debt_forgiven: { en: "debt forgiven: {why}", it: "debito condonato: {why}" },
} as const satisfies Record<string, { en: string; it: string }>;

export type MoveCode = keyof typeof moveWords;

/** `undone` among the values is a reason of `undone.ts`; money is written in the reader's way. */
export interface MoveReason {
  code: MoveCode;
  values: Readonly<Record<string, string | Money | Wording>>;
  /** It had been cancelled, and this is why it is due again. */
  again?: boolean;
}

export const reason = (code: MoveCode, values: MoveReason["values"] = {}): MoveReason => ({ code, values });

/** A language that we do not have is answered in English. */
export const moveReasonInWords = ({ code, values, again }: MoveReason, language = "en"): string => {
  const tongue = language.startsWith("it") ? "it" : "en";
  const said = moveWords[code][tongue].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    if (typeof value !== "string") return "code" in value ? inWords(value, tongue) : formatMoney(value, tongue);
    return name === "undone" ? undoneInWords(value, tongue) : value;
  });
  return again ? `${moveWords.due_again[tongue]}: ${said}` : said;
};

/** As it is stored; null where a person or a vendor said it, or we did before reasons had codes. */
export const moveReasonOf = (code: string | null, values: unknown): MoveReason | null =>
  code !== null && Object.hasOwn(moveWords, code)
    ? ({ code, ...(values as Omit<MoveReason, "code">) } satisfies { code: string } as MoveReason)
    : null;
