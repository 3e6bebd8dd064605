/** What somebody sees who wants no more mails: a button, and afterwards that it is done. */
import { html } from "./html.ts";
import { page } from "./page.ts";
import type { Unsubscribable } from "./parts.ts";
import { speakerFor } from "./texts/index.ts";

/** `base`: the page's own path, to which its forms post. */
export const unsubscribePage = (seen: Unsubscribable, base: string, stage: "asked" | "stopped" | "again"): string => {
  const { say, locale } = speakerFor(seen.language);
  const values = { workspace: seen.workspaceName, kind: seen.kind };
  const button = (label: string, name?: string) =>
    html`<form method="post" action="${base}">${name && html`<input type="hidden" name="${name}" value="1">`}<button class="button">${label}</button></form>`;
  const title = say(
    stage === "stopped" ? "unsubscribedTitle" : stage === "again" ? "subscribedAgainTitle" : "unsubscribeTitle",
  );
  const lead = say(
    stage === "stopped" ? "unsubscribed" : stage === "again" ? "subscribedAgain" : "unsubscribe",
    values,
  );
  return page(
    { title, language: locale },
    html`<p class="eyebrow">${say("from", { workspace: seen.workspaceName })}</p>
<h1>${title}</h1>
<p class="lead">${lead}</p>
${stage === "asked" && button(say("unsubscribeButton"))}
<p class="quiet">${say("unsubscribeKeeps")}</p>
${stage === "asked" && html`<details><summary>${say("unsubscribeAllTitle")}</summary>${button(say("unsubscribeAllButton"), "all")}</details>`}
${stage === "stopped" && html`<details><summary>${say("unsubscribeMistake")}</summary>${button(say("subscribeAgainButton"), "again")}</details>`}`,
  );
};
