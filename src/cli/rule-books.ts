/** The starter rule books in `rulebooks/`. A new one is `<id>.yaml` and `<id>.test.yaml` there, its line here, and its section in docs/rulebooks.md. */
export interface RuleBookOffer {
  /** Name of its files. */
  id: string;
  /** What it is for, in one line. */
  about: string;
  /** What the CRM, or another system, must tell for it to work. */
  needs: string;
}

export const ruleBooks: readonly RuleBookOffer[] = [
  {
    id: "close-rate",
    about: "close-rate improvement: more of the deals that are decided are won",
    needs: "deals with owner, status and creation date; teams for the team's rule",
  },
  {
    id: "upsell",
    about: "upsell and cross-sell: customers buy more of what they have, or something else",
    needs: "deals with owner, company, amount and type; contributors where a reward is shared",
  },
  {
    id: "faster-pipeline",
    about: "faster pipeline: deals wait less, in one stage and from creation to the win",
    needs: "deals with owner, amount, creation date and stages as they change",
  },
  {
    id: "speed-to-lead",
    about: "speed to lead: somebody talks to a new lead within half an hour, in office hours",
    needs: "leads with owner and creation date; `lead.contacted`, posted by your phone or mail system",
  },
  {
    id: "clean-records",
    about: "clean records: the CRM is complete enough to be believed",
    needs: "records with their owner; `workspace.required` in accolade.yaml where your required fields are others",
  },
  {
    id: "customer-referral",
    about: "customer referral: customers recommend you and are thanked, more when something came of it",
    needs: "`referral.made` and `custom.referral_won` of a contact, posted by your form; contacts with email",
  },
  {
    id: "retention",
    about: "retention and renewal: customers stay, and the large ones are looked after",
    needs: "renewals as deals with type, owner, company and amount; `company.churned`, posted by your billing system",
  },
  {
    id: "campaign-response",
    about: "campaign response: contacts answer a campaign, and reps turn the answers into deals",
    needs: "`campaign.responded` of a contact, posted by your marketing tool; deals with a field `campaign`",
  },
  {
    id: "newsletter",
    about: "newsletter subscription: readers are welcomed, and the list grows",
    needs: "contacts with email and subscription; owners with teams for the team's rule",
  },
  {
    id: "nps-follow-up",
    about: "NPS follow-up: customers answer, somebody calls who is unhappy, and the score rises",
    needs:
      "`survey.answered` and `custom.nps_followed_up` of a contact with owner and email, posted by your survey tool",
  },
  {
    id: "contest",
    about: "a contest of one quarter: a goal, ten places, and a leaderboard",
    needs: "deals with owner, company and amount",
  },
];
