/** A recipient's own page: all their rewards, their points and what they are good for, what they want, and their data. */
import { formatMoney, POINTS } from "../money.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import type { PersonPage } from "./parts.ts";
import { type Said, settingsPanel } from "./person-settings.ts";
import { type Speaker, speakerFor, type TextKey } from "./texts/index.ts";

/** What was just done, or why it was not. */
export interface Told {
  done?: "taken" | "saved";
  refused?: { title: TextKey; text: TextKey };
  /** What was in the form that was not saved. */
  settings?: Said;
}

/** `base`: the page's own path. `claims`: the path under which claim links stand. */
export const personPage = (
  person: PersonPage,
  { base, claims, pushKey }: { base: string; claims: string; pushKey?: string | undefined },
  told: Told = {},
): string => {
  const speaker = speakerFor(person.language, person.timeZone);
  const { say, locale } = speaker;
  const { firstName: name, workspaceName: workspace } = person;
  return page(
    { title: say("meTitle"), language: locale, ...(pushKey === undefined ? {} : { script: `${claims}/push.js` }) },
    html`<p class="eyebrow">${say("from", { workspace })}</p>
<h1>${name ? say("meHello", { name }) : say("meTitle")}</h1>
<p class="lead">${say("meLead", { workspace })}</p>
${told.done === "taken" && html`<div class="alert" role="status"><p>${say("meTaken")}</p></div>`}
${told.done === "saved" && html`<div class="alert" role="status"><p>${say("meSaved")}</p></div>`}
${told.refused && html`<div class="alert" role="alert"><p><strong>${say(told.refused.title)}</strong><br>${say(told.refused.text)}</p></div>`}
${person.points !== null && pointsCard(person, speaker)}
${rewardsList(person, speaker, claims)}
${person.offers.length > 0 && offersList(person, speaker, base)}
${settingsPanel(person, speaker, base, told.settings)}
${pushKey !== undefined && pushPanel(person, speaker, base, pushKey)}
${dataPanel(person, speaker, base)}`,
  );
};

const points = (minor: number, locale: string) => formatMoney({ minor, currency: POINTS }, locale);

const pointsCard = ({ points: has, offers }: PersonPage, { say, locale }: Speaker): Html => html`<section class="card">
<p class="label">${say("mePoints")}</p>
<p class="amount">${points(has ?? 0, locale)}</p>
${has === 0 && offers.length > 0 && html`<p class="quiet">${say("mePointsNone")}</p>`}
</section>`;

const offersList = (person: PersonPage, { say, locale }: Speaker, base: string): Html => html`<section id="offers">
<h2>${say("meOffers")}</h2>
<ul class="items card">${person.offers.map(
  ({ id, title, worth, cost, left, open, approved }) => html`<li>
<div class="line"><b id="offer-${id}">${title}</b><span class="sum">${points(cost, locale)}</span></div>
<p class="quiet">${say("meOfferWorth", { amount: formatMoney(worth, locale) })}${left !== null && left > 0 && html` · ${say("meOfferLeft", { n: left })}`}${approved && html` · ${say("meOfferApproved")}`}</p>
${
  open === "yes"
    ? html`<form method="post" action="${base}/redeem"><input type="hidden" name="offer" value="${id}"><input type="hidden" name="key" value="${person.formKey}-${id}"><button class="button" type="submit" aria-describedby="offer-${id}">${say("meTake", { cost: points(cost, locale) })}</button></form>`
    : html`<p class="quiet">${open === "no_stock" ? say("meNoStock") : open === "no_budget" ? say("meNotNow") : say("meTakeShort", { missing: points(cost - (person.points ?? 0), locale) })}</p>`
}
</li>`,
)}</ul>
</section>`;

const rewardsList = (person: PersonPage, speaker: Speaker, claims: string): Html => {
  const { say, locale, day, time } = speaker;
  return html`<section id="rewards">
<h2>${say("meRewards")}</h2>
${
  person.rewards.length === 0
    ? html`<p class="quiet">${say("meNoRewards")}</p>`
    : html`<ul class="items card">${person.rewards.map(
        (reward) => html`<li>
<div class="line"><a href="${claims}/${reward.token}">${reward.title}</a><span class="sum">${formatMoney(reward.worth, locale)}</span></div>
<p class="quiet">${say(stateKey(reward))} · ${day(new Date(reward.grantedAt))} · ${reward.about === null ? reward.rule : `${reward.rule}: ${reward.about}`}</p>
${reward.tellAt && html`<p class="quiet">${say("meTellAt", { time: time(new Date(reward.tellAt)), place: placeOf(person.timeZone) })}</p>`}
</li>`,
      )}</ul>`
}
</section>`;
};

const stateKey = ({ state, worth }: PersonPage["rewards"][number]): TextKey => {
  if (state === "issued" && worth.currency === POINTS) return "mePointsGiven";
  const keys: Readonly<Record<string, TextKey>> = {
    issued: "meReadyToOpen",
    redeemed: "meRedeemed",
    expired: "meExpired",
    cancelled: "meCancelled",
    clawed_back: "meCancelled",
    declined: "meDeclined",
    failed: "meFailed",
    held: "meHeld",
    awaiting_approval: "meAwaiting",
  };
  return keys[state] ?? "mePreparing";
};

/** `Rome` of `Europe/Rome`. */
export const placeOf = (zone: string): string => (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");

/** Shown by the script alone: without it no browser can subscribe. */
const pushPanel = (
  person: PersonPage,
  { say }: Speaker,
  base: string,
  key: string,
): Html => html`<section id="push" hidden data-key="${key}" data-to="${base}/push" data-done="${say("mePushDone")}" data-denied="${say("mePushDenied")}" data-failed="${say("mePushFailed")}">
<h2>${say("mePush")}</h2>
<p>${say("mePushNote")}</p>
<p class="quiet" data-status role="status">${say("mePushDevices", { n: person.devices })}</p>
<p><button class="button" type="button" data-on>${say("mePushOn")}</button></p>
${person.devices > 0 && html`<form method="post" action="${base}/push/off"><button class="button plainButton" type="submit">${say("mePushOff")}</button></form>`}
</section>`;

const dataPanel = (
  { workspaceName: workspace }: PersonPage,
  { say }: Speaker,
  base: string,
): Html => html`<details class="panel" id="data">
<summary>${say("meData")}</summary>
<p>${say("meDataNote", { workspace })}</p>
<p><a class="back" href="${base}/data.json" download>${say("meDownload")}</a></p>
<p><a class="back" href="${base}/erase">${say("meErase")}</a></p>
</details>`;

/** The step before it: what will be gone, and what stays. */
export const erasePage = (person: PersonPage, base: string): string => {
  const { say, locale } = speakerFor(person.language, person.timeZone);
  return page(
    { title: say("meEraseTitle"), language: locale },
    html`<p class="eyebrow">${say("from", { workspace: person.workspaceName })}</p>
<h1>${say("meEraseTitle")}</h1>
<p class="lead">${say("meEraseLead")}</p>
<ul class="card">
${(["meEraseName", "meEraseRewards", "meEraseMoney", "meEraseAddress"] as const).map((key) => html`<li>${say(key)}</li>\n`)}</ul>
<form method="post" action="${base}/erase">
<fieldset><label class="choice"><input type="checkbox" name="sure" value="yes" required><span>${say("meEraseSure")}</span></label></fieldset>
<button class="button" type="submit">${say("meEraseYes")}</button>
</form>
<p><a class="back" href="${base}">${say("meEraseNo")}</a></p>`,
  );
};
