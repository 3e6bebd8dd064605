/** The words of a reward in one language, as an admin writes them in `templates/reward/<language>.yaml`. */
import { z } from "zod";
import {
  type Message,
  readWordFile,
  type TemplateProblem,
  text,
  type WhatsAppWords,
  WrittenWhatsApp,
} from "./word-file.ts";

export interface Words {
  language: string;
  points: Message;
  /** By milestone type; `other` for all the rest. */
  moments: ReadonlyMap<string, { subject: Message; reason: Message }>;
  other: { subject: Message; reason: Message };
  alreadySays: readonly string[];
  lines: Readonly<Record<LineName, Message>>;
  /** Beside the QR code in a mail; nothing where a copy of the templates is older than it. */
  scan: Message;
  /** The link at the end of every mail, notices included. */
  unsubscribe: Message;
  sms: readonly Message[];
  whatsapp: WhatsAppWords;
}

const moment = z.strictObject({ subject: text, reason: text });
const lineNames = [
  "opening",
  "prize",
  "worth",
  "preheader",
  "open",
  "button",
  "expires",
  "why",
  "because",
  "copy",
  "footer",
] as const;
type LineName = (typeof lineNames)[number];

const Written = z.strictObject({
  points: text,
  moments: z.object({ other: moment }).catchall(moment),
  alreadySays: z.array(text).default([]),
  ...(Object.fromEntries(lineNames.map((name) => [name, text])) as Record<LineName, typeof text>),
  scan: text.optional(),
  // a copy of the templates may be older than this line
  unsubscribe: text.default("Unsubscribe"),
  sms: z.array(text).min(1),
  whatsapp: WrittenWhatsApp,
});

const facts = ["naming", "name", "facts", "amount", "days", "self", "rule", "value", "firstName", "workspace"];
const prize = [...facts, "prizeKind", "an", "title"];
/** What a sentence made of other sentences may name. */
export const sentence: readonly string[] = [
  ...prize,
  "prize",
  "worth",
  "opening",
  "statement",
  "open",
  "until",
  "link",
];
/** What each message may name; a message is made before those that name it. */
const namesFor = (place: string): readonly string[] => {
  if (place === "points") return ["n", "count"];
  if (place === "unsubscribe") return [];
  if (place.startsWith("moments.")) return facts;
  if (place === "opening") return [...facts, "who", "reason"];
  if (place === "prize") return prize;
  if (place === "worth") return [...prize, "prize"];
  return sentence;
};

/** Reads one file. Every problem that can be found is reported; never throws for what an admin wrote. */
export const readWords = (
  file: string,
  language: string,
  source: string,
): { words: Words } | { problems: TemplateProblem[] } => {
  const read = readWordFile({ file, language, source }, Written, namesFor);
  if (!("written" in read)) return read;
  const { written, compile, problems } = read;
  const compiledMoment = (type: string, { subject, reason }: z.infer<typeof moment>) => ({
    subject: compile(["moments", type, "subject"], subject),
    reason: compile(["moments", type, "reason"], reason),
  });
  const { other, ...byType } = written.moments;
  const words: Words = {
    language,
    points: compile(["points"], written.points),
    moments: new Map(Object.entries(byType).map(([type, each]) => [type, compiledMoment(type, each)])),
    other: compiledMoment("other", other),
    alreadySays: written.alreadySays,
    lines: Object.fromEntries(lineNames.map((name) => [name, compile([name], written[name])])) as Words["lines"],
    scan: written.scan === undefined ? () => "" : compile(["scan"], written.scan),
    unsubscribe: compile(["unsubscribe"], written.unsubscribe),
    sms: written.sms.map((each, index) => compile(["sms", index], each)),
    whatsapp: read.whatsApp(written.whatsapp),
  };
  return problems.length > 0 ? { problems } : { words };
};
