/** What rewards and notices have in common when they are put into words. Pure. */
import type { Card, Rendered } from "./channel.ts";
import { clean, clip } from "./clean-text.ts";
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
