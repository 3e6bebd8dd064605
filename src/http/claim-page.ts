/** A recipient's own page: what it is for, what it is worth, how to use it, and why. */
import { formatMoney, POINTS } from "../money.ts";
import { disputeSection, type Refilled } from "./dispute-section.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import { pageLinkSection } from "./page-link-section.ts";
import type { Claim, ShownContent } from "./parts.ts";
import { placeOf } from "./person-page.ts";
import { type Speaker, speakerFor, type TextKey } from "./texts/index.ts";

/**
 * `qr`: an SVG of the link in the content, or of this page. `base`: the page's own path, under which its forms are posted.
 * `refilled`: what the recipient had written where it could not be sent. `asked`: they just asked for the link to their own page.
 */
export const claimPage = (
  claim: Claim,
  base: string,
  qr: Html | null,
  { refilled = null, asked = false }: { refilled?: Refilled | null; asked?: boolean } = {},
): string => {
  const speaker = speakerFor(claim.language, claim.timeZone);
  const { say, locale } = speaker;
  const worth = formatMoney(claim.worth, locale);
  const { recipientFirstName: name } = claim;
  return page(
    { title: `${say("yourReward")}: ${claim.title}`, language: locale },
    html`<p class="eyebrow">${say("from", { workspace: claim.workspaceName })} ${say("onDate", { date: new Date(claim.grantedAt) })}</p>
<h1>${claim.title}</h1>
<p class="worth">${say("worth", { amount: worth })}</p>
<p class="lead">${name ? html`${say("greeting", { name })} ${uncapitalised(reasonOf(claim, speaker), claim, locale)}` : reasonOf(claim, speaker)}</p>
${bodyOf(claim, speaker, `${base}/reveal`, qr)}
${claim.tellAt !== undefined && html`<p class="quiet">${say("meTellAt", { time: speaker.time(new Date(claim.tellAt)), place: placeOf(claim.timeZone ?? "UTC") })}</p>`}
${why(claim, speaker)}
${disputeSection(claim, speaker, `${base}/dispute`, refilled)}
${pageLinkSection(claim.workspaceName, speaker, base, asked)}`,
  );
};

const reasonOf = (claim: Claim, { reason, locale }: Speaker) => {
  const { type, subjectName, isRecipient, amount, cycleDays } = claim.reason;
  const days = cycleDays !== undefined && cycleDays >= 0 ? cycleDays : undefined;
  return reason(type, {
    self: isRecipient ? "yes" : "no",
    named: subjectName ? "yes" : "no",
    name: subjectName,
    amount: amount ? formatMoney(amount, locale) : null,
    days: days ?? 0,
    shape: amount && days !== undefined ? "both" : amount ? "amount" : days !== undefined ? "days" : "none",
    rule: claim.ruleTitle,
  });
};

/** "Giulia, the Rossi deal is won": the sentence goes on after the name, unless it begins with a name of its own. */
const uncapitalised = (sentence: string, claim: Claim, locale: string) =>
  [claim.reason.subjectName, claim.ruleTitle].some((own) => own && sentence.startsWith(own))
    ? sentence
    : sentence.charAt(0).toLocaleLowerCase(locale) + sentence.slice(1);

const ends: Readonly<Record<string, TextKey>> = {
  cancelled: "cancelled",
  clawed_back: "cancelled",
  declined: "declined",
  failed: "failed",
};

const bodyOf = (claim: Claim, speaker: Speaker, action: string, qr: Html | null): Html => {
  const { say } = speaker;
  const { state, workspaceName: workspace } = claim;
  const note = (text: string) => html`<section class="card"><p>${text}</p></section>`;
  if (claim.notApproved) {
    const { how, at, reason } = claim.notApproved;
    if (how === "expired") return note(say("notDecided", { date: new Date(at) }));
    if (reason) return note(say("declinedWhy", { reason }));
  }
  if (claim.undone) return undoneNote(claim.undone, state, speaker);
  const end = ends[state];
  if (end) return note(say(end, { workspace }));
  if (state === "expired")
    return note(
      claim.expiresAt
        ? say("expired", { workspace, date: new Date(claim.expiresAt) })
        : say("expiredNoDate", { workspace }),
    );
  if (claim.content) return contentsOf(claim, claim.content, speaker, qr);
  if (state !== "issued" && state !== "redeemed") return note(say("preparing"));
  if (claim.takingBack) return note(say("takingBack"));
  if (isAllNetted(claim)) return note(say("nettedAll", { amount: formatMoney(claim.worth, speaker.locale) }));
  if (claim.worth.currency === POINTS) return contentOf(claim, { kind: "points" }, speaker, null);
  if (claim.task === "open")
    return contentOf(claim, { kind: "task", state: "open", note: null, trackingUrl: null }, speaker, null);
  return html`<section class="card">
${nettedNote(claim, speaker)}
${state === "redeemed" && html`<p>${say("redeemed")}</p>`}
<form method="post" action="${action}"><button class="button" type="submit">${say(state === "redeemed" ? "showAgain" : "show")}</button></form>
<p class="quiet">${say("showNote")}</p>
${claim.expiresAt && html`<p class="quiet">${say("validUntil", { date: new Date(claim.expiresAt) })}</p>`}
</section>`;
};

const undoneNote = ({ reason, owed }: NonNullable<Claim["undone"]>, state: string, { say, locale }: Speaker): Html => {
  const owes = owed.minor > 0 ? say("owes", { amount: formatMoney(owed, locale) }) : say("owesNothing");
  return html`<section class="card"><p>${reason ? say("undone", { reason }) : say("cancelled")}</p>
<p>${state === "clawed_back" || owed.minor > 0 ? owes : say("cancelledNote")}</p></section>`;
};

/** Nothing was ordered: all of it went into a debt. */
const isAllNetted = ({ netted, worth }: Claim) => netted?.minor === worth.minor && netted.currency === worth.currency;

const nettedNote = ({ netted }: Claim, { say, locale }: Speaker) =>
  netted && html`<p>${say("netted", { amount: formatMoney(netted, locale) })}</p>`;

const contentsOf = (claim: Claim, content: ShownContent, speaker: Speaker, qr: Html | null): Html =>
  html`${claim.netted && html`<section class="card">${nettedNote(claim, speaker)}</section>`}
${contentOf(claim, content, speaker, qr)}
${(claim.earlier ?? []).map((each) => html`<p>${speaker.say("earlier")}</p>${contentOf(claim, each, speaker, null)}`)}`;

const contentOf = (claim: Claim, content: ShownContent, speaker: Speaker, qr: Html | null): Html => {
  const { say, locale } = speaker;
  if (content.kind === "points")
    return html`<section class="card">
<p>${say("pointsAdded", { amount: formatMoney(claim.worth, locale) })}</p>
${
  claim.pointsBalance !== undefined &&
  html`<p class="label">${say("pointsBalance")}</p>
<p class="amount">${formatMoney({ minor: claim.pointsBalance, currency: POINTS }, locale)}</p>`
}
</section>`;
  if (content.kind === "task") return taskOf(content, speaker);
  // a calendar date, the same everywhere
  const expires = content.expiresOn ?? claim.expiresAt;
  const until =
    expires &&
    html`<p class="quiet">${speakerFor(locale, content.expiresOn ? "UTC" : claim.timeZone).say("validUntil", { date: new Date(expires) })}</p>`;
  const link = content.url !== undefined && isWebUrl(content.url) ? content.url : undefined;
  const scan = qr && html`<div class="scan">${qr}<p class="quiet">${say(link ? "scanLink" : "scanPage")}</p></div>`;
  if (content.kind === "link")
    return html`<section class="card">
${link && html`<p><a class="button" href="${link}" rel="noreferrer noopener">${say("openLink")}</a></p>`}
<p class="quiet">${say("linkNote")}</p>
${pinOf(content.pin, speaker)}
${until}
${scan}
</section>`;
  return html`<section class="card">
<p class="label">${say("yourCode")}</p>
<strong class="code" translate="no">${content.code}</strong>
${pinOf(content.pin, speaker)}
${link && html`<p><a class="button" href="${link}" rel="noreferrer noopener">${say("redeem")}</a></p>`}
${until}
${scan}
</section>`;
};

const pinOf = (pin: string | undefined, { say }: Speaker): Html | false =>
  pin !== undefined &&
  html`<p class="label">${say("yourPin")}</p>
<strong class="code" translate="no">${pin}</strong>`;

const taskOf = ({ state, note, trackingUrl }: Extract<ShownContent, { kind: "task" }>, { say }: Speaker): Html =>
  html`<section class="card">
<p>${say(state === "done" ? "taskDone" : "taskOpen")}</p>
${note && html`<p class="label">${say("taskNote")}</p><p>${note}</p>`}
${trackingUrl && isWebUrl(trackingUrl) && html`<p><a class="button" href="${trackingUrl}" rel="noreferrer noopener">${say("taskTrack")}</a></p>`}
</section>`;

/** What may stand behind a button. A vendor's answer is not ours: `javascript:` and the like stay out. */
export const isWebUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const why = (claim: Claim, { say }: Speaker): Html => {
  const { ruleTitle: rule } = claim;
  return html`<details>
<summary>${say("why")}</summary>
<p id="why">${say(claim.why.length > 0 ? "whyRule" : "whyRuleOnly", { rule })}</p>
<ul>${claim.why.map(
    ({ text, held, saw }) =>
      html`<li><span aria-hidden="true">${held ? "✓" : "✗"}</span> <code translate="no">${text}</code>${saw && html`<br><span class="quiet">${say("whySaw", { value: saw })}</span>`}</li>`,
  )}</ul>
</details>`;
};
