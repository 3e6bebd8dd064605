/** The mail's layout: MJML as an admin wrote it, compiled to HTML with `{{placeholders}}`. */
import type { TemplateProblem } from "./word-file.ts";

/** What a reward's layout may name, and `link`, without which a mail would be of no use. */
export const rewardLayoutNames: readonly string[] = [
  "language",
  "subject",
  "preheader",
  "workspace",
  "opening",
  "worth",
  "prize",
  "value",
  "link",
  "button",
  "expires",
  "because",
  "why",
  "whyLink",
  "copy",
  "scan",
  "footer",
  "unsubscribe",
  "unsubscribeLink",
];

/** The same for the layout of notices. */
export const noticeLayoutNames: readonly string[] = [
  "language",
  "subject",
  "preheader",
  "workspace",
  "opening",
  "news",
  "because",
  "next",
  "link",
  "button",
  "why",
  "whyLink",
  "copy",
  "footer",
  "unsubscribe",
  "unsubscribeLink",
];

export interface Compiled {
  html: string;
  problems: TemplateProblem[];
}

/** `file` is for the problems only; `layoutNames` are what it may name. Never throws. */
export const compileLayout = async (
  file: string,
  source: string,
  layoutNames: readonly string[],
): Promise<Compiled> => {
  const problem = (found: string, expected: string, line = 0, place = ""): TemplateProblem => ({
    file,
    line,
    place,
    found,
    expected,
  });
  try {
    // loaded here: the compiler takes longer to load than everything else together, and is seldom needed
    const { default: mjml2html } = await import("mjml");
    // soft: errors come back as a list, each with its line; an unreadable document still throws
    const { html, errors } = await mjml2html(source, { validationLevel: "soft", fonts: {}, ignoreIncludes: true });
    const problems = errors.map((error) => problem(error.message, "MJML 5", error.line, error.tagName));
    const used = new Set([...html.matchAll(/\{\{(\w*)\}\}/g)].map((match) => match[1] ?? ""));
    for (const name of used)
      if (!layoutNames.includes(name)) problems.push(problem(`{{${name}}}`, `one of ${layoutNames.join(", ")}`));
    if (!used.has("link")) problems.push(problem("no {{link}}", "a button to {{link}}"));
    return { html, problems };
  } catch (error) {
    const found = error instanceof Error ? error.message.split("\n")[0] : undefined;
    return { html: "", problems: [problem(found || "not readable", "MJML 5")] };
  }
};
