/** What rewards and notices have in common when they are put into words. Pure. */
import type { Card, Rendered } from "./channel.ts";
import { clean, clip, escapeHtml } from "./clean-text.ts";
import { plainSigns, smsSegments } from "./sms-segments.ts";
import type { Message, Values, WhatsAppWords } from "./word-file.ts";

/** An SMS is kept within this many segments wherever the link leaves room. */
const smsSegmentLimit = 2;

/** The first form that fits, with names as long as they may be; the shortest form where even that does not fit. */
export const smsText = (forms: readonly Message[], tell: (longest: number) => Values): string => {
  let text = "";
  for (const form of forms)
    for (const longest of [60, 40, 28, 20]) {
      const { link, ...said } = tell(longest);
      // the link is put in last: nothing may change a character of it
      const around = clean(plainSigns(form({ ...said, link: "\u0001" })), "\u0001");
      text = around.replaceAll("\u0001", () => String(link));
      if (smsSegments(text).segments <= smsSegmentLimit) return text;
    }
  return text;
};

/** The text as it was approved, and what stands in for its variables. */
export const whatsApp = (
  template: string,
  { whatsapp, language }: { whatsapp: WhatsAppWords; language: string },
  said: Values,
): Rendered => {
  // Meta refuses line breaks and runs of spaces in a variable, and an empty one
  const variables = whatsapp.variables.map((each) => clean(each(said)) || "-");
  const text = whatsapp.body.replace(/\{\{(\d+)\}\}/g, (_, n) => variables[Number(n) - 1] ?? "");
  return { channel: "whatsapp", template, language, variables, text };
};

/** For Slack and Teams; `text` is the same for whoever sees no layout. */
export const cardMessage = (channel: "slack" | "teams", card: Card): Rendered => {
  const { title, lines, button, more } = card;
  const text = [title, ...lines, `${button.label}: ${button.url}`, `${more.label} ${more.url}`].map((each) =>
    clean(each),
  );
  return {
    channel,
    card: { ...card, title: clean(title), lines: lines.map((each) => clean(each)).filter(Boolean) },
    text: text.filter(Boolean).join("\n"),
  };
};

/** A lock screen shows two or three lines of it; push services take about 3 kB. */
export const pushMessage = (said: { title: string; body: string; url: string; language: string }): Rendered => {
  const [title, body] = [clip(clean(said.title), 120), clip(clean(said.body), 240)];
  return {
    channel: "push",
    title,
    body,
    url: said.url,
    language: said.language,
    text: `${title}\n${body}\n${said.url}`,
  };
};

/** An amount never parts from its currency at the end of a line. */
export const unbroken = (text: string, { amount, value }: Values): string =>
  [amount, value]
    .map(String)
    .reduce((all, sum) => (sum ? all.replaceAll(sum, sum.replaceAll(" ", "\u00a0")) : all), text);

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/** Names written from right to left keep to themselves: without it they would turn the words and figures beside them around. */
export const isolated = (text: string, { firstName, name, rule, title, workspace }: Values): string =>
  [...new Set([firstName, name, rule, title, workspace].map((each) => String(each ?? "")))]
    .filter((each) => rightToLeft.test(each))
    .reduce((all, each) => all.replaceAll(each, `\u2068${each}\u2069`), text);

/** A layout with its `{{names}}` filled in, escaped. */
export const fillIn = (layout: string, values: Readonly<Record<string, string>>, said: Values): string =>
  layout.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return escapeHtml(/link$/i.test(name) ? value : isolated(value, said));
  });

/** The end of a mail's text: how to get no more of them. */
export const unsubscribeLines = ({ unsubscribe, unsubscribeLink }: { unsubscribe: string; unsubscribeLink: string }) =>
  unsubscribeLink === "" ? [] : [`${unsubscribe}: ${unsubscribeLink}`];

export const oneClickLink = ({ unsubscribeUrl }: { unsubscribeUrl?: string | null }) =>
  unsubscribeUrl ? { unsubscribe: unsubscribeUrl } : {};
