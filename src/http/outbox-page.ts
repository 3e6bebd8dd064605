/** A sandbox's messages as their readers would see them, newest first. */

import type { KeptMessage } from "../channels/outbox.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";

const channels: Record<KeptMessage["channel"], string> = {
  email: "Email",
  sms: "SMS",
  whatsapp: "WhatsApp",
  slack: "Slack",
  teams: "Teams",
  push: "Notification",
  celebration: "Celebration",
};

export const outboxPage = (messages: readonly KeptMessage[], workspaceName: string): string =>
  page(
    { title: `Outbox · ${workspaceName}`, language: "en", wide: true },
    html`<p class="eyebrow">${workspaceName}</p>
<h1>Outbox</h1>
<p class="lead">${
      messages.length === 0
        ? "No message yet. Run “accolade simulate”, or send a webhook, and look here again."
        : "This is a sandbox: nothing here was sent to anybody. Each message is shown as its reader would see it."
    }</p>
${messages.map(messageOf)}`,
  );

const messageOf = (message: KeptMessage): Html => html`<article class="card message">
<header><span><b>${channels[message.channel]}</b> to ${message.to}</span><time datetime="${message.at}">${timeOf(message.at)} UTC</time></header>
${message.subject && html`<h2>${message.subject}</h2>`}
${
  message.html
    ? html`<iframe title="Email: ${message.subject ?? message.to}" sandbox="allow-popups allow-popups-to-escape-sandbox" loading="lazy" srcdoc="${inFrame(message.html)}"></iframe>
<details><summary>Plain text</summary><p class="plain">${linked(message.text)}</p></details>`
    : html`<p class="bubble">${linked(message.text)}</p>`
}
</article>`;

/** Links of a mail open outside of its frame. */
const inFrame = (mail: string) =>
  /<head[^>]*>/i.test(mail) ? mail.replace(/<head[^>]*>/i, (head) => `${head}<base target="_blank">`) : mail;

const linked = (text: string): Html[] =>
  text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)
    .map((part, at) => (at % 2 === 1 ? html`<a href="${part}">${part}</a>` : html`${part}`));

const timeOf = (instant: string) =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" }).format(
    new Date(instant),
  );
