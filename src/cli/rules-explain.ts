import { Command, InvalidArgumentError } from "commander";
import { Refusal } from "../open-corridor.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { explainEvent, explainGrant } from "../pipeline/explain.ts";
import { explainRecipient } from "../pipeline/explain-recipient.ts";
import { explainRule } from "../pipeline/explain-rule.ts";
import { explainLanguages, wordsIn } from "../pipeline/explain-texts/index.ts";
import { eventLines, grantLines, recipientLines, ruleReportLines, type Teller } from "../pipeline/explain-words.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rules explain`: why, and why not, for an event, a reward, a person or a rule. */
export const explainCommand = (): Command =>
  new Command("explain")
    .description("why an event, a reward, a person or a rule did or did not lead to a reward")
    .argument("<what>", "number of an event, id of a grant, a person's address or key (hub/user/77), or id of a rule")
    .option(
      "--lang <language>",
      `language of the answer: ${explainLanguages.join(" or ")}; default: the workspace's`,
      language,
    )
    .option("--json", "the same as JSON")
    .action((what: string, options: { lang?: string; json?: true }) =>
      withCorridor(async ({ corridor }) => {
        if (!corridor.rules.loaded()) throw new Refusal(["No rules were loaded yet: start the server once."]);
        const { timeZone } = corridor.workspace;
        const teller = { words: wordsIn(options.lang ?? corridor.workspace.language), timeZone };
        const { found, lines } = await explain(corridor, what, teller);
        console.log(options.json ? JSON.stringify(found, null, 2) : lines().join("\n"));
      }),
    );

interface Explained {
  found: object;
  lines: () => string[];
}

const explain = async (corridor: Corridor, what: string, teller: Teller): Promise<Explained> => {
  if (/^[1-9]\d{0,14}$/.test(what)) {
    const found = await explainEvent(corridor, Number(what));
    if (found) return { found, lines: () => eventLines(teller, found) };
    throw new Refusal([`Event ${what}: found no such event, expected a number that the log shows`]);
  }
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(what)) {
    const found = await explainGrant(corridor, what);
    if (found) return { found, lines: () => grantLines(teller, found) };
  }
  const person = await explainRecipient(corridor, what);
  if (person) return { found: person, lines: () => recipientLines(teller, person) };
  const rule = await explainRule(corridor, what);
  if (rule) return { found: rule, lines: () => ruleReportLines(teller, rule) };
  const rules = corridor.rules.current().matcher.book.rules.map(({ id }) => id);
  throw new Refusal([
    `${what}: found nothing of this name, expected the number of an event, the id of a grant, a person's address or key, or one of the rules ${rules.slice(0, 20).join(", ")}`,
  ]);
};

function language(text: string): string {
  if (!explainLanguages.includes(text)) throw new InvalidArgumentError(`expected ${explainLanguages.join(" or ")}.`);
  return text;
}
