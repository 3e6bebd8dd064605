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
  cancelled: "Questo premio è stato annullato, perché il risultato che lo aveva fatto nascere non è rimasto.",
  declined: "Questo premio non è stato approvato. {workspace} può dirti perché.",
  failed: "Non siamo riusciti a ottenere questo premio per te. {workspace} è stata avvisata e può aiutarti.",
  declinedWhy: "Questo premio non è stato approvato. Il motivo indicato: «{reason}»",
  notDecided:
    "Questo premio richiedeva un’approvazione, e al {date, date, long} nessuno aveva deciso. Per ora non viene assegnato; non dipende da nulla che tu abbia fatto.",
  why: "Perché questo premio?",
  whyRule: "Nasce dalla regola «{rule}». Queste sono le sue condizioni, con i valori che le hanno soddisfatte.",
  whyRuleOnly: "Nasce dalla regola «{rule}».",
  whySaw: "era {value}",
  disputeTitle: "Qualcosa non torna?",
  disputeIntro:
    "Segnalalo qui. Una persona lo esamina, con la regola e i valori che ha visto, e ti risponde su questa pagina.",
  disputeWhat: "Di che cosa si tratta?",
  disputeThis: "Di questo premio (puoi segnalarlo fino al {date, date, long})",
  disputeThisClosed:
    "Per questo premio il tempo per una segnalazione è finito, o l’hai già inviata: prima arriva la risposta.",
  disputeMissing: "Di un premio che mi aspettavo e non ho ricevuto",
  disputeAbout: "Quale trattativa? Il nome, o il numero nel CRM",
  disputeAboutHint: "Solo per un premio che manca. Puoi lasciarlo vuoto.",
  disputeText: "Che cosa non torna?",
  disputeTextHint: "Fino a {longest, number} caratteri. Chi risponde lo legge così come lo scrivi.",
  disputeSend: "Invia",
  disputesTitle: "Quello che ci hai segnalato",
  disputeYou:
    "{this, select, yes {Il {date}, su questo premio:} other {Il {date}, su un premio che non hai ricevuto{about, select, none {} other { ({about})}}:}}",
  disputeOpen: "Qualcuno la sta esaminando. La risposta arriverà qui; non serve inviarla di nuovo.",
  disputeAccepted: "Accolta. La risposta: «{answer}»",
  disputeAcceptedNote:
    "Una segnalazione accolta non paga da sola. Prima si correggono i dati; se poi il premio ti spetta, arriva come sempre.",
  disputeDeclined: "Non accolta. La risposta: «{answer}»",
  disputeClosed: "Chiusa senza risposta.",
  disputeErrorTitle: "Non è stata inviata",
  disputeErrors: {
    no_text: "Scrivi che cosa non torna: il campo era vuoto.",
    too_long: "È troppo lunga: fino a {longest, number} caratteri, e {longestAbout} per la trattativa.",
    too_many: "Tre tue segnalazioni aspettano ancora una risposta. Invia la prossima dopo.",
    already: "Hai già segnalato questo premio, e la risposta arriverà.",
    too_late: "Il tempo per segnalare questo premio è finito. {workspace} può ancora aiutarti.",
  },
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
