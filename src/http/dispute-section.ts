/** On a recipient's page: to say that something is not right, and what came of it. Plain forms; nothing needs a script. */
import { type Complaint, LONGEST_ABOUT, LONGEST_TEXT, type RaisedDispute } from "../pipeline/disputes.ts";
import { type Html, html } from "./html.ts";
import type { Claim } from "./parts.ts";
import type { DisputeErrorKey, Speaker } from "./texts/index.ts";

/** What the recipient had written, and why it was not sent: they need not write it again. */
export interface Refilled {
  why: DisputeErrorKey;
  complaint: Complaint;
}

export const disputeSection = (claim: Claim, speaker: Speaker, action: string, refilled: Refilled | null): Html => {
  const { canDispute, disputes } = claim;
  const open = canDispute.until !== null || canDispute.missing || refilled !== null;
  return html`${disputes.length > 0 && raised(disputes, speaker)}
${open && form(claim, speaker, action, refilled)}`;
};

const raised = (disputes: readonly RaisedDispute[], { say, day }: Speaker): Html => html`<section id="disputes">
<h2>${say("disputesTitle")}</h2>
${disputes.map(
  (each) => html`<div class="card">
<p class="label">${say("disputeYou", { this: each.this ? "yes" : "no", about: each.about ?? "none", date: day(new Date(each.raisedAt)) })}</p>
<blockquote>${each.text}</blockquote>
<p>${say(outcomes[each.state], { answer: each.answer ?? "" })}</p>
${each.state === "approved" && html`<p class="quiet">${say(each.given ? "disputeGivenNote" : "disputeAcceptedNote")}</p>`}
</div>`,
)}
</section>`;

const outcomes = {
  open: "disputeOpen",
  approved: "disputeAccepted",
  declined: "disputeDeclined",
  withdrawn: "disputeClosed",
  expired: "disputeClosed",
} as const;

const form = (claim: Claim, speaker: Speaker, action: string, refilled: Refilled | null): Html => {
  const { canDispute, workspaceName: workspace } = claim;
  return html`<details id="dispute"${opened(refilled !== null)}>
<summary>${speaker.say("disputeTitle")}</summary>
${
  refilled &&
  html`<div class="alert" role="alert"><p><strong>${speaker.say("disputeErrorTitle")}</strong><br>${speaker.disputeError(refilled.why, { ...longest, workspace })}</p></div>`
}
${(canDispute.until !== null || canDispute.missing) && fields(claim, speaker, action, refilled)}
</details>`;
};

const longest = { longest: LONGEST_TEXT, longestAbout: LONGEST_ABOUT };

const fields = ({ canDispute }: Claim, { say }: Speaker, action: string, refilled: Refilled | null): Html => {
  const first = canDispute.until ? "this" : "missing";
  const { what, about, text } = refilled?.complaint ?? { what: first, about: null, text: "" };
  const choice = (value: Complaint["what"], label: string) =>
    html`<label class="choice"><input type="radio" name="what" value="${value}"${checked(what === value)} required><span>${label}</span></label>`;
  return html`<p>${say("disputeIntro")}</p>
<form method="post" action="${action}">
<fieldset>
<legend>${say("disputeWhat")}</legend>
${
  canDispute.until
    ? // the window ends at a time of day: the last day that is promised is a whole one
      choice("this", say("disputeThis", { date: new Date(Date.parse(canDispute.until) - 86_400_000) }))
    : html`<p class="quiet">${say("disputeThisClosed")}</p>`
}
${canDispute.missing && choice("missing", say("disputeMissing"))}
</fieldset>
<label class="field" for="dispute-text">${say("disputeText")}</label>
<textarea id="dispute-text" name="text" maxlength="${LONGEST_TEXT}" required aria-describedby="dispute-text-hint">
${text}</textarea>
<p class="hint" id="dispute-text-hint">${say("disputeTextHint", longest)}</p>
${
  canDispute.missing &&
  html`<label class="field" for="dispute-about">${say("disputeAbout")}</label>
<input type="text" id="dispute-about" name="about" maxlength="${LONGEST_ABOUT}" value="${about ?? ""}" aria-describedby="dispute-about-hint">
<p class="hint" id="dispute-about-hint">${say("disputeAboutHint")}</p>`
}
<button class="button" type="submit">${say("disputeSend")}</button>
</form>`;
};

const checked = (on: boolean): Html => (on ? html` checked` : html``);
const opened = (on: boolean): Html => (on ? html` open` : html``);
