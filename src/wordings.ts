/** Why something waits or was not sent, where it is we who say so: what is stored beside the English words, and how people read it. */
import { formatMoney, type Money } from "./money.ts";

/** `{name}` stands for a value; both languages have the same ones. What a vendor or a person said stays in their words, as a quotation. */
export const wordings = {
  vendor_says: { en: "{provider} says: “{detail}”", it: "{provider} dice: “{detail}”" },
  lost_in_part: {
    en: "a person must look: {why}; a part of this reward was paid in another way",
    it: "una persona deve guardare: {why}; una parte di questo premio è stata pagata in altro modo",
  },
  look: { en: "a person must look: {why}", it: "una persona deve guardare: {why}" },
  no_provider: {
    en: 'accolade.yaml has no provider "{provider}" any more: put it back',
    it: "accolade.yaml non ha più il fornitore “{provider}”: va rimesso",
  },
  paused_all: {
    en: "paused since {at} UTC by {by}: {why}; `accolade resume` lets it go on",
    it: "in pausa dal {at} UTC, per {by}: {why}; `accolade resume` fa riprendere",
  },
  paused: {
    en: "paused ({what}) since {at} UTC by {by}: {why}; `accolade resume` lets it go on",
    it: "in pausa ({what}) dal {at} UTC, per {by}: {why}; `accolade resume` fa riprendere",
  },
  poor: {
    en: "{provider} has {left} left, and this needs {value}: add money there, and it goes on by itself",
    it: "a {provider} restano {left}, e qui servono {value}: quando lì c'è denaro prosegue da solo",
  },
  another_asked: {
    en: "{provider} refused it, and another provider is asked: {why}",
    it: "{provider} l'ha rifiutato e si chiede a un altro fornitore: {why}",
  },
  looked_for: {
    en: "{provider} does not have the order; it is looked for once more before another is asked",
    it: "{provider} non ha l'ordine; lo si cerca ancora una volta prima di chiedere a un altro",
  },
  ordered_again: {
    en: "it is ordered again, as a person says that it was not ordered before",
    it: "si ordina di nuovo, perché una persona dice che prima non è stato ordinato",
  },
  in_part: {
    en: "{part} of {whole} are still to be paid, and {provider} gives nothing in part: pay them by hand",
    it: "di {whole} restano da pagare {part}, e {provider} non dà nulla in parte: vanno pagati a mano",
  },
  no_money: {
    en: "its budget has no money left: it is given when there is money again",
    it: "nel suo budget non resta denaro: si dà quando ce n'è di nuovo",
  },
  stays: { en: "cannot be taken back: {why}", it: "non si può annullare: {why}" },
  was_redeemed: { en: "it was redeemed", it: "è stato riscattato" },
  paid_debt: { en: "it paid a debt", it: "ha pagato un debito" },
  takes_nothing_back: { en: "{provider} takes nothing back", it: "{provider} non riprende nulla" },
  used_or_seen: { en: "it was used or seen", it: "è stato usato o visto" },
  points_used: { en: "the points were used", it: "i punti sono stati usati" },
  again_promised: {
    en: "due again: a reward under way pays some of its debt, and is waited for",
    it: "di nuovo dovuto: un premio in corso paga parte del suo debito, e lo si aspetta",
  },
  again_whole: {
    en: "due again: {part} of it are to be paid, and {provider} gives nothing in part: pay them by hand",
    it: "di nuovo dovuto: ne vanno pagati {part}, e {provider} non dà nulla in parte: vanno pagati a mano",
  },
  again_no_money: {
    en: 'due again: its budget "{budget}" holds less than {amount}',
    it: "di nuovo dovuto: il suo budget “{budget}” ha meno di {amount}",
  },
  no_handing_over: { en: "cannot be handed over: “{why}”", it: "non si può consegnare: “{why}”" },
  forgotten: { en: "the recipient asked to be forgotten", it: "il destinatario ha chiesto di essere dimenticato" },
  no_channel: {
    en: "unreachable: accolade.yaml sets up none of the rule's channels ({channels})",
    it: "non raggiungibile: accolade.yaml non configura nessuno dei canali della regola ({channels})",
  },
  all_failed: {
    en: "nobody was told: every channel of the rule failed",
    it: "non è stato detto a nessuno: tutti i canali della regola hanno fallito",
  },
  others_failed: { en: "the other channels failed", it: "gli altri canali hanno fallito" },
  not_wanted: {
    en: "not told: {why}. The reward stays on their page",
    it: "non comunicato: {why}. Il premio resta sulla sua pagina",
  },
  unreachable: { en: "unreachable: {why}", it: "non raggiungibile: {why}" },
  not_written: {
    en: "unreachable: {who} is not told ({why}); the reward stays on their page",
    it: "non raggiungibile: {who} non riceve messaggi ({why}); il premio resta sulla sua pagina",
  },
  this_rep: { en: "this rep", it: "questa persona" },
  this_customer: { en: "this customer", it: "questo cliente" },
  none_known: { en: "no {lacks} is known of {who}", it: "di {who} non si conosce {lacks}" },
  and_no: { en: "{first} and no {second}", it: "{first} né {second}" },
  email_address: { en: "email address", it: "un indirizzo email" },
  phone_number: { en: "phone number", it: "un numero di telefono" },
  device: { en: "device that takes notifications", it: "un dispositivo che riceva notifiche" },
  belongs_to_forgotten: {
    en: "this address belongs to somebody who asked to be forgotten",
    it: "questo indirizzo è di qualcuno che ha chiesto di essere dimenticato",
  },
  reported: {
    en: "a message by {channel} was reported as unwanted, since {at}",
    it: "un messaggio per {channel} è stato segnalato come indesiderato, dal {at}",
  },
  bounced: {
    en: "the {channel} address does not work, since {at}",
    it: "l'indirizzo per {channel} non funziona, dal {at}",
  },
  failed_softly: {
    en: "the {channel} address failed {n} times, since {at}",
    it: "l'indirizzo per {channel} ha fallito {n} volte, dal {at}",
  },
  wants_none: { en: "opted out of messages ({source}), since {at}", it: "non vuole messaggi ({source}), dal {at}" },
  wants_none_by: {
    en: "opted out of {channel} ({source}), since {at}",
    it: "non vuole messaggi per {channel} ({source}), dal {at}",
  },
  wants_none_of_kind: {
    en: "opted out of this kind of message by {channel} ({source}), since {at}",
    it: "non vuole messaggi di questo tipo per {channel} ({source}), dal {at}",
  },
  not_agreed: { en: "no agreement to {channel} is known", it: "non si conosce un consenso a {channel}" },
  no_route: {
    en: "no provider of this reward fits: {routes}",
    it: "nessun fornitore va bene per questo premio: {routes}",
  },
  not_told_yet: { en: "not told yet: {why}", it: "non ancora comunicato: {why}" },
  taken_back: { en: "the reward was taken back", it: "il premio è stato annullato" },
  is_gone: { en: "the reward is gone", it: "il premio non c'è più" },
  is_there_again: { en: "the reward is there again", it: "il premio c'è di nuovo" },
  due_again: { en: "the reward is due again", it: "il premio è di nuovo dovuto" },
  not_celebrated: {
    en: "this person is not celebrated where others read it",
    it: "questa persona non si festeggia dove altri leggono",
  },
  too_late: { en: "it is more than a day ago", it: "è passato più di un giorno" },
  address_gone: { en: "the address is gone", it: "l'indirizzo non c'è più" },
  interrupted: {
    en: "the send was interrupted: nobody knows whether it went out",
    it: "l'invio è stato interrotto: non si sa se sia partito",
  },
} as const satisfies Record<string, { en: string; it: string }>;

type Code = keyof typeof wordings;
type Value = string | Money | Wording | readonly Wording[];

export interface Wording {
  code: Code;
  values: Readonly<Record<string, Value>>;
}

export const wording = (code: Code, values: Wording["values"] = {}): Wording => ({ code, values });

/** A language that we do not have is answered in English. */
export const inWords = ({ code, values }: Wording, language = "en"): string => {
  const tongue = language.startsWith("it") ? "it" : "en";
  return wordings[code][tongue].replaceAll(/\{(\w+)\}/g, (_, name: string) => valueInWords(values[name], tongue));
};

const valueInWords = (value: Value | undefined, tongue: string): string => {
  if (value === undefined || typeof value === "string") return value ?? "";
  if ("minor" in value) return formatMoney(value, tongue);
  return "code" in value ? inWords(value, tongue) : value.map((each) => inWords(each, tongue)).join("; ");
};

/** Something that is kept: in English, and for any language. */
export interface Worded {
  words: string;
  wording: Wording | null;
}

export const worded = (what: Wording): Worded => ({ words: inWords(what), wording: what });

/** What a vendor said, or our own code of that vendor: it is kept as it is, and shown as theirs. */
export const quoted = (provider: string, detail: string): Worded => ({
  words: detail,
  wording: wording("vendor_says", { provider, detail }),
});

/** As it is stored beside the words. */
export const keptWording = ({ words, wording: what }: Worded): string | null =>
  what && JSON.stringify({ of: words, wording: what });

/** Null where it is of other words than these, which somebody wrote since; or of a version of ours that we do not know. */
export const readWording = (words: string | null, kept: unknown): Wording | null => {
  if (words === null || typeof kept !== "object" || kept === null || !("of" in kept) || kept.of !== words) return null;
  const what = "wording" in kept ? kept.wording : null;
  return isWording(what) ? what : null;
};

export const isWording = (what: unknown): what is Wording =>
  typeof what === "object" &&
  what !== null &&
  "code" in what &&
  typeof what.code === "string" &&
  Object.hasOwn(wordings, what.code);
