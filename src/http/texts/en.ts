/** What a recipient reads, in English. ICU messages; the same keys as every other language. */
export const en = {
  greeting: "{name},",
  yourReward: "Your reward",
  worth: "Worth {amount}",
  from: "From {workspace}",
  onDate: "on {date, date, long}",
  validUntil: "Valid until {date, date, long}",
  show: "Show my reward",
  showAgain: "Show it again",
  showNote: "It is shown only when you ask for it. Keep it to yourself: whoever has it can use it.",
  yourCode: "Your code",
  yourPin: "PIN",
  redeem: "Redeem it",
  openLink: "Open my reward",
  linkNote: "The reward opens on the page of the company that supplies it.",
  scanLink: "Or scan this with your phone to redeem it there.",
  scanPage: "Scan this to open this page on your phone.",
  pointsAdded: "{amount} are in your account.",
  pointsBalance: "Your balance",
  preparing:
    "Your reward is being prepared. It will be on this page as soon as it is ready; there is nothing for you to do.",
  redeemed: "You have already redeemed this reward.",
  expired:
    "This reward could be claimed until {date, date, long}. Ask {workspace} if you think that it should still be yours.",
  expiredNoDate: "This reward can no longer be claimed. Ask {workspace} if you think that it should still be yours.",
  cancelled: "This reward was taken back, because what it was for did not last.",
  declined: "This reward was not approved. {workspace} can tell you why.",
  failed: "We could not get this reward for you. {workspace} has been told and can help you.",
  why: "Why this reward?",
  whyRule: "It comes from the rule “{rule}”. These are its conditions, and what they were met with.",
  whyRuleOnly: "It comes from the rule “{rule}”.",
  whySaw: "was {value}",
  notFoundTitle: "This link does not work",
  notFound:
    "It may be incomplete, or it was replaced by a newer one. Open the link in the last message that you got from us.",
  tooManyTitle: "Please wait a moment",
  tooMany: "This page was opened many times in a short while. Try again in a minute.",
  brokenTitle: "Something went wrong on our side",
  broken: "Your reward is safe. Try again in a few minutes. If it stays so, tell the sender this number: {id}",
  reason: {
    "deal.won":
      "{named, select, yes {The {name} deal} other {The deal}} is won{shape, select, both {: {amount} in {days, plural, one {# day} other {# days}}} amount {: {amount}} days {, in {days, plural, one {# day} other {# days}}} other {}}.",
    "deal.created": "{named, select, yes {The {name} deal} other {A deal}} was opened.",
    "deal.reopened": "{named, select, yes {The {name} deal} other {The deal}} was opened again.",
    "deal.stage_changed": "{named, select, yes {The {name} deal} other {The deal}} moved on to its next stage.",
    "deal.amount_changed":
      "{named, select, yes {The {name} deal} other {The deal}} has a new amount{shape, select, both {: {amount}} amount {: {amount}} other {}}.",
    "contact.created": "{named, select, yes {{name} is a new contact} other {There is a new contact}}.",
    "contact.subscribed":
      "{self, select, yes {Thank you for subscribing} other {{named, select, yes {{name} subscribed} other {There is a new subscription}}}}.",
    "lead.converted": "{named, select, yes {{name}, a lead, was converted} other {A lead was converted}}.",
    "lead.qualified": "{named, select, yes {{name} is a qualified lead} other {A lead was qualified}}.",
    "company.became_customer": "{named, select, yes {{name} became a customer} other {There is a new customer}}.",
    "company.renewed": "{named, select, yes {{name} renewed} other {A customer renewed}}.",
    "survey.answered": "A survey was answered.",
    "payment.received": "A payment was received{shape, select, both {: {amount}} amount {: {amount}} other {}}.",
    "referral.made": "A referral was made.",
    "campaign.responded": "There was a response to a campaign.",
    other: "{rule}.",
  },
};

export type Texts = typeof en;
