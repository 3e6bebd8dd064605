/** A page that says one thing: a link that does not work, a moment to wait, a fault of ours. */
import { html } from "./html.ts";
import { page } from "./page.ts";
import { speakerFor, type TextKey } from "./texts/index.ts";

export const notePage = (
  language: string,
  title: TextKey,
  text: TextKey,
  values: Record<string, string> = {},
): string => {
  const { say, locale } = speakerFor(language);
  return page(
    { title: say(title), language: locale },
    html`<h1>${say(title)}</h1>\n<p class="lead">${say(text, values)}</p>`,
  );
};
