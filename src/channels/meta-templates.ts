/**
 * The templates that Meta has, against those that we send. Meta's reference: Graph API, WhatsApp Business Account, Message
 * Templates, reading; it needs `whatsapp_business_management`.
 */
import { z } from "zod";
import type { Check } from "../outcome.ts";
import type { Reply } from "./call.ts";
import type { RegisteredWords } from "./whatsapp-registry.ts";

export const templatesAddress = (graph: string, businessAccountId: string): string =>
  `${graph}/${businessAccountId}/message_templates?fields=name,language,status,category,components&limit=200`;

const Listed = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      language: z.string(),
      status: z.string(),
      category: z.string(),
      components: z.array(z.object({ type: z.string(), text: z.string().nullish() })).nullish(),
    }),
  ),
});
type Theirs = z.infer<typeof Listed>["data"][number];

interface Ours {
  name: string;
  language: string;
  category: "utility" | "marketing";
}

/** A line for each template that Meta does not have as we would send it, or one for all where they agree. */
export const metaTemplateChecks = (
  templates: Readonly<Record<string, Readonly<Record<string, Ours>>>>,
  words: RegisteredWords | undefined,
  reply: Reply,
): Check[] => {
  const listed = reply.status === 200 ? Listed.safeParse(reply.body) : undefined;
  if (!listed?.success)
    return [
      {
        ok: false,
        what: "Templates at Meta",
        found: reply.status === "none" ? reply.why : `an answer of ${reply.status}`,
        todo: "check businessAccountId, and give the system user whatsapp_business_management",
      },
    ];
  const faults = Object.entries(templates).flatMap(([kind, languages]) =>
    Object.entries(languages).flatMap(([language, ours]) => {
      const theirs = listed.data.data.find((each) => each.name === ours.name && each.language === ours.language);
      const fault = faultOf(ours, theirs, words?.get(kind)?.get(language));
      // the other kinds are for those who use approvals or reversals
      return fault === undefined || (theirs === undefined && kind !== "reward") ? [] : [{ ours, fault }];
    }),
  );
  if (faults.length === 0) return [{ ok: true, what: "Templates at Meta" }];
  return faults.map(({ ours, fault }) => ({
    ok: false,
    what: `Template ${ours.name} (${ours.language})`,
    found: fault,
    todo: "compare it with docs/channels.md, and correct it in WhatsApp Manager or in accolade.yaml",
  }));
};

const faultOf = (ours: Ours, theirs: Theirs | undefined, words: readonly string[] | undefined): string | undefined => {
  if (!theirs) return "Meta has none of this name and language";
  if (theirs.status !== "APPROVED") return `its status is ${theirs.status}`;
  if (theirs.category.toLowerCase() !== ours.category)
    return `Meta has it as ${theirs.category}, accolade.yaml as ${ours.category}`;
  const body = theirs.components?.find(({ type }) => type === "BODY")?.text ?? "";
  const variables = new Set([...body.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? ""));
  const named = [...variables].filter((name) => !/^\d+$/.test(name));
  if (named.length > 0) return `named variables (${named.join(", ")}), where numbered ones are sent`;
  if (words && variables.size !== words.length) return `${variables.size} variables, where ${words.length} are sent`;
  return undefined;
};
