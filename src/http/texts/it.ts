/** What a recipient reads, in Italian. */
import type { Texts } from "./en.ts";

export const it: Texts = {
  greeting: "{name},",
  yourReward: "Il tuo premio",
  worth: "Vale {amount}",
  from: "Da {workspace}",
  onDate: "il {date, date, long}",
  validUntil: "Valido fino al {date, date, long}",
  show: "Mostra il mio premio",
  showAgain: "Mostralo di nuovo",
  showNote: "Viene mostrato solo quando lo chiedi. Tienilo per te: chi lo ha può usarlo.",
  yourCode: "Il tuo codice",
  yourPin: "PIN",
  redeem: "Riscattalo",
  openLink: "Apri il mio premio",
  linkNote: "Il premio si apre sulla pagina dell’azienda che lo fornisce.",
  scanLink: "Oppure inquadralo con il telefono per riscattarlo da lì.",
  scanPage: "Inquadralo per aprire questa pagina sul telefono.",
  pointsAdded: "{amount} accreditati sul tuo conto.",
  pointsBalance: "Il tuo saldo",
  preparing: "Il tuo premio è in preparazione. Lo troverai su questa pagina appena è pronto; non devi fare nulla.",
  redeemed: "Hai già riscattato questo premio.",
  expired:
    "Questo premio si poteva riscattare fino al {date, date, long}. Se pensi che ti spetti ancora, chiedi a {workspace}.",
  expiredNoDate: "Questo premio non si può più riscattare. Se pensi che ti spetti ancora, chiedi a {workspace}.",
  cancelled:
    "{reason, select, lost {Questo premio è stato annullato, perché alla fine la trattativa è andata persa.} reopened {Questo premio è stato annullato, perché la trattativa è stata riaperta.} deleted {Questo premio è stato annullato, perché la scheda che lo aveva fatto nascere è stata eliminata.} owner {Questo premio è stato annullato, perché la trattativa è passata a un’altra persona.} amount {Questo premio è stato annullato, perché l’importo è stato ridotto.} refunded {Questo premio è stato annullato, perché il pagamento è stato rimborsato.} other {Questo premio è stato annullato, perché il risultato che lo aveva fatto nascere non è rimasto.}}",
  cancelledNote: "Non devi fare nulla. Se tornerà a spettarti, lo riavrai senza doverlo chiedere.",
  owes: "Lo avevi già usato: per questo {amount} verranno trattenuti dai tuoi prossimi premi. Non devi fare altro.",
  owesNothing: "Non resta più nulla da compensare.",
  netted: "{amount} di questo premio hanno compensato un premio precedente che era stato annullato.",
  nettedAll: "L’intero premio, {amount}, ha compensato un premio precedente che era stato annullato.",
  takingBack: "Stiamo verificando se questo premio è ancora valido. Torna a guardare tra qualche minuto.",
  earlier: "Hai anche questo, da prima:",
  declined: "Questo premio non è stato approvato. {workspace} può dirti perché.",
  failed: "Non siamo riusciti a ottenere questo premio per te. {workspace} è stata avvisata e può aiutarti.",
  why: "Perché questo premio?",
  whyRule: "Nasce dalla regola «{rule}». Queste sono le sue condizioni, con i valori che le hanno soddisfatte.",
  whyRuleOnly: "Nasce dalla regola «{rule}».",
  whySaw: "era {value}",
  notFoundTitle: "Questo link non funziona",
  notFound:
    "Forse è incompleto, o è stato sostituito da uno più recente. Apri il link nell’ultimo messaggio che hai ricevuto da noi.",
  tooManyTitle: "Aspetta un momento",
  tooMany: "Questa pagina è stata aperta molte volte in poco tempo. Riprova tra un minuto.",
  brokenTitle: "Qualcosa non ha funzionato da parte nostra",
  broken:
    "Il tuo premio è al sicuro. Riprova tra qualche minuto. Se non basta, comunica questo numero al mittente: {id}",
  reason: {
    "deal.won":
      "{named, select, yes {La trattativa {name}} other {La trattativa}} è vinta{shape, select, both {: {amount} in {days, plural, one {# giorno} other {# giorni}}} amount {: {amount}} days {, in {days, plural, one {# giorno} other {# giorni}}} other {}}.",
    "deal.created": "{named, select, yes {La trattativa {name}} other {Una trattativa}} è stata aperta.",
    "deal.reopened": "{named, select, yes {La trattativa {name}} other {La trattativa}} è stata riaperta.",
    "deal.stage_changed":
      "{named, select, yes {La trattativa {name}} other {La trattativa}} è passata alla fase successiva.",
    "deal.amount_changed":
      "{named, select, yes {La trattativa {name}} other {La trattativa}} ha un nuovo importo{shape, select, both {: {amount}} amount {: {amount}} other {}}.",
    "contact.created": "{named, select, yes {Nuovo contatto: {name}} other {C’è un nuovo contatto}}.",
    "contact.subscribed":
      "{self, select, yes {Grazie per l’iscrizione} other {{named, select, yes {Nuova iscrizione: {name}} other {C’è una nuova iscrizione}}}}.",
    "lead.converted": "{named, select, yes {Lead convertito: {name}} other {Un lead è stato convertito}}.",
    "lead.qualified": "{named, select, yes {Lead qualificato: {name}} other {Un lead è stato qualificato}}.",
    "company.became_customer": "{named, select, yes {{name} è diventata cliente} other {C’è un nuovo cliente}}.",
    "company.renewed": "{named, select, yes {{name} ha rinnovato} other {Un cliente ha rinnovato}}.",
    "survey.answered": "È arrivata la risposta a un sondaggio.",
    "payment.received": "È arrivato un pagamento{shape, select, both {: {amount}} amount {: {amount}} other {}}.",
    "referral.made": "È arrivata una segnalazione.",
    "campaign.responded": "È arrivata una risposta a una campagna.",
    other: "{rule}.",
  },
};
