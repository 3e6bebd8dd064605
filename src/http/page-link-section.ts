/** Where somebody asks for the link to their own page; and the page of such a link that has ended. Plain forms. */
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import { type Speaker, speakerFor } from "./texts/index.ts";

/** `asked`: they just did. What is said then is the same whether or not it could be sent. */
export const pageLinkSection = (workspace: string, { say }: Speaker, base: string, asked: boolean): Html =>
  html`<section class="panel" id="page">
<h2>${say("pageTitle")}</h2>
<p class="quiet">${say("pageNote", { workspace })}</p>
${askForm(workspace, { say }, base, asked)}
</section>`;

const askForm = (workspace: string, { say }: Pick<Speaker, "say">, base: string, asked: boolean): Html =>
  asked
    ? html`<div class="alert" role="status"><p>${say("pageAsked", { workspace })}</p></div>`
    : html`<form method="post" action="${base}/page"><button class="button plainButton" type="submit">${say("pageSend")}</button></form>`;

export const endedPage = (
  { language, workspaceName: workspace }: { language: string; workspaceName: string },
  base: string,
  asked: boolean,
): string => {
  const speaker = speakerFor(language);
  const { say, locale } = speaker;
  return page(
    { title: say("pageEndedTitle"), language: locale },
    html`<p class="eyebrow">${say("from", { workspace })}</p>
<h1>${say("pageEndedTitle")}</h1>
<p class="lead">${say("pageEnded", { workspace })}</p>
${askForm(workspace, speaker, base, asked)}`,
  );
};
