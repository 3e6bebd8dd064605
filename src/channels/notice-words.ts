/** The words of a notice in one language, from `templates/<kind>/<language>.yaml`: what became of a reward that is not given. */
import { z } from "zod";
import {
  type Message,
  readWordFile,
  type TemplateProblem,
  text,
  type WhatsAppWords,
  WrittenWhatsApp,
} from "./word-file.ts";
import { sentence } from "./words.ts";

const lineNames = ["subject", "headline", "news", "because", "next", "button", "why", "copy", "footer"] as const;

export interface NoticeWords {
  language: string;
  lines: Readonly<Record<(typeof lineNames)[number], Message>>;
  sms: readonly Message[];
  whatsapp: WhatsAppWords;
}

const Written = z.strictObject({
  ...(Object.fromEntries(lineNames.map((name) => [name, text])) as Record<(typeof lineNames)[number], typeof text>),
  sms: z.array(text).min(1),
  whatsapp: WrittenWhatsApp,
});

/**
 * `given`: the reason that a person gave, or why it is not due any more. `disputable`: whether the recipient can still say
 * that something is not right. `reversal`, `sum`: what happened to a reward that was taken back or paid a debt.
 */
const names = [...sentence, "given", "hasReason", "disputable", "reversal", "sum"];
const more = ["news", "because", "next"];

/** Reads one file. Every problem that can be found is reported; never throws for what an admin wrote. */
export const readNoticeWords = (
  file: string,
  language: string,
  source: string,
): { words: NoticeWords } | { problems: TemplateProblem[] } => {
  const read = readWordFile({ file, language, source }, Written, (place) =>
    more.includes(place) || place === "subject" ? names : [...names, ...more],
  );
  if (!("written" in read)) return read;
  const { written, compile, problems } = read;
  const words: NoticeWords = {
    language,
    lines: Object.fromEntries(lineNames.map((name) => [name, compile([name], written[name])])) as NoticeWords["lines"],
    sms: written.sms.map((each, index) => compile(["sms", index], each)),
    whatsapp: read.whatsApp(written.whatsapp),
  };
  return problems.length > 0 ? { problems } : { words };
};
