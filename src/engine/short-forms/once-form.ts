import { type Period, periods } from "../../windows.ts";
import { subjectKinds } from "../subject-kinds.ts";
import { periodPattern, quoted, type ShortForm } from "./short-form.ts";

const holders = ["recipient", "owner", "team", "company"] as const;
const subjects = [...subjectKinds.filter((kind) => kind !== "company"), "milestone"] as const;

/** As written; what `per company` means is up to the milestone. */
export interface OnceWords {
  per: (typeof holders)[number] | (typeof subjects)[number];
  period: Period | null;
}

const examples = ["per deal", "per milestone", "per recipient", "per owner per quarter", "per company per year"];
const pattern = new RegExp(`^per (?:(${subjects.join("|")})|(${holders.join("|")})(?: per (${periodPattern}))?)$`);

/** How often one recipient gets the reward of a rule. */
export const onceForm: ShortForm<OnceWords> = {
  expected: `how often: ${quoted(examples)}`,
  examples,
  pattern,
  words: ["per", ...subjects, ...holders, ...periods],
  parse(text) {
    const [, subject, holder, period] = pattern.exec(text) ?? [];
    const per = [...subjects, ...holders].find((each) => each === (subject ?? holder));
    return per && { per, period: periods.find((each) => each === period) ?? null };
  },
  print: ({ per, period }) => `per ${per}${period ? ` per ${period}` : ""}`,
};
