/** On a recipient's own page: what they want, as one plain form. */
import type { QuietHours } from "../people/quiet-hours.ts";
import type { PersonSettings } from "../pipeline/person-page.ts";
import { type Html, html } from "./html.ts";
import type { PersonPage } from "./parts.ts";
import type { Speaker, TextKey } from "./texts/index.ts";

/** What a form said that was not saved. */
export interface Said {
  from: string;
  until: string;
}

export const settingsPanel = (person: PersonPage, speaker: Speaker, base: string, refilled: Said | undefined): Html => {
  const { say } = speaker;
  const { settings, workspaceName: workspace } = person;
  return html`<details class="panel" id="settings"${refilled ? html` open` : html``}>
<summary>${say("meSettings")}</summary>
<form method="post" action="${base}/settings">
${channelFields(settings, speaker, workspace)}
${quietFields(settings, speaker, refilled)}
${selectField("language", say("meLanguage"), settings.language, [
  ["", say("meAsWorkspace", { workspace })],
  ["en", say("meEnglish")],
  ["it", say("meItalian")],
])}
${zoneField(settings, speaker, workspace)}
<fieldset><label class="choice"><input type="checkbox" name="private" value="yes"${checked(settings.private)}><span>${say("mePrivate")} <span class="quiet">${say("mePrivateNote")}</span></span></label></fieldset>
<button class="button" type="submit">${say("meSave")}</button>
</form>
</details>`;
};

const names: Readonly<Record<string, TextKey>> = { email: "meEmail", sms: "meSms", whatsapp: "meWhatsapp" };
const nameOf = (channel: string, { say }: Speaker) => say(names[channel] ?? "meOther", { channel });

const channelFields = ({ channels, preferred }: PersonSettings, speaker: Speaker, workspace: string): Html => {
  const { say } = speaker;
  if (channels.length === 0) return html`<p class="quiet">${say("meNoChannels")}</p>`;
  return html`<fieldset>
<legend>${say("meChannels")}</legend>
${channels.map(
  ({ channel, on, address, why }) =>
    html`<label class="choice"><input type="checkbox" name="channel" value="${channel}"${checked(on)}><span>${nameOf(channel, speaker)} <span class="quiet">${address}${why === "fails" && html`. ${say("meFails")}`}${why === "not_agreed" && html`. ${say("meNotAgreed", { workspace })}`}</span></span></label>\n`,
)}
<p class="hint">${say("meChannelsNote")}</p>
</fieldset>
${
  channels.length > 1 &&
  selectField("preferred", say("mePreferred"), preferred, [
    ["", say("mePreferredAny", { workspace })],
    ...channels.map(({ channel }) => [channel, nameOf(channel, speaker)] as const),
  ])
}`;
};

const quietFields = ({ quietHours, usual }: PersonSettings, { say }: Speaker, refilled: Said | undefined): Html => {
  const own: QuietHours | Said =
    refilled ?? (quietHours === null || quietHours === "off" ? { from: "20:00", until: "09:00" } : quietHours);
  const chosen = refilled ? "own" : quietHours === null ? "usual" : quietHours === "off" ? "off" : "own";
  const choice = (value: string, label: string) =>
    html`<label class="choice"><input type="radio" name="quiet" value="${value}"${checked(chosen === value)} required><span>${label}</span></label>\n`;
  return html`<fieldset>
<legend>${say("meQuiet")}</legend>
${choice("usual", usual === "off" ? say("meQuietNever") : say("meQuietUsual", { ...usual }))}${choice("off", say("meQuietOff"))}${choice("own", say("meQuietOwn"))}
<div class="times"><label>${say("meQuietFrom")} <input type="time" name="from" value="${own.from}"></label> <label>${say("meQuietUntil")} <input type="time" name="until" value="${own.until}"></label></div>
<p class="hint">${say("meQuietNote")}</p>
</fieldset>`;
};

const selectField = (
  name: string,
  label: string,
  value: string | null,
  options: readonly (readonly [value: string, label: string])[],
): Html => html`<label class="field" for="me-${name}">${label}</label>
<select id="me-${name}" name="${name}">${options.map(([each, text]) => option(each, text, each === (value ?? "")))}</select>`;

const option = (value: string, label: string, on: boolean): Html =>
  html`<option value="${value}"${on ? html` selected` : html``}>${label}</option>`;

/** By continent: a phone shows hundreds of names as a list that one can find something in. */
const zones = Map.groupBy(["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")], (zone) =>
  zone.includes("/") ? (zone.split("/")[0] ?? "") : "UTC",
);

const zoneField = (
  { timeZone }: PersonSettings,
  { say }: Speaker,
  workspace: string,
): Html => html`<label class="field" for="me-zone">${say("meZone")}</label>
<select id="me-zone" name="zone">${option("", say("meAsWorkspace", { workspace }), timeZone === null)}${[...zones].map(
  ([continent, names]) =>
    html`<optgroup label="${continent}">${names.map((zone) => option(zone, zone.split("/").slice(1).join(", ").replaceAll("_", " ") || zone, zone === timeZone))}</optgroup>`,
)}</select>`;

const checked = (on: boolean): Html => (on ? html` checked` : html``);
