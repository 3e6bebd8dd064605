/** The words of a celebration in one language, from `templates/celebration/<language>.yaml`. */
import { z } from "zod";
import { type Message, readWordFile, type TemplateProblem, text } from "./word-file.ts";

export interface CelebrationWords {
  language: string;
  who: Message;
  /** By milestone type; `other` for all the rest. */
  moments: ReadonlyMap<string, Moment>;
  other: Moment;
}

interface Moment {
  shown: Message;
  /** Of somebody in private mode. */
  private: Message;
}

const moment = z.strictObject({ shown: text, private: text });
const Written = z.strictObject({ who: text, moments: z.object({ other: moment }).catchall(moment) });

const whoNames = ["shown", "person", "team", "hasTeam"];
const factNames = ["naming", "name", "facts", "amount", "days", "rule", "workspace"];
/** A private sentence can name nothing, so that it cannot give anybody away. */
const namesFor = (place: string): readonly string[] =>
  place === "who" ? whoNames : place.endsWith(".private") ? [] : factNames;

/** Reads one file. Every problem that can be found is reported; never throws for what an admin wrote. */
export const readCelebrationWords = (
  file: string,
  language: string,
  source: string,
): { words: CelebrationWords } | { problems: TemplateProblem[] } => {
  const read = readWordFile({ file, language, source }, Written, namesFor);
  if (!("written" in read)) return read;
  const { written, compile, problems } = read;
  const compiled = (type: string, { shown, private: unnamed }: z.infer<typeof moment>): Moment => ({
    shown: compile(["moments", type, "shown"], shown),
    private: compile(["moments", type, "private"], unnamed),
  });
  const { other, ...byType } = written.moments;
  const words: CelebrationWords = {
    language,
    who: compile(["who"], written.who),
    moments: new Map(Object.entries(byType).map(([type, each]) => [type, compiled(type, each)])),
    other: compiled("other", other),
  };
  return problems.length > 0 ? { problems } : { words };
};
