import { Command } from "commander";
import { ruleBooks } from "./rule-books.ts";

/** `accolade rules books`: what there is to begin with. */
export const booksCommand = (): Command =>
  new Command("books")
    .description("list the starter rule books: what each is for, and what it needs from the CRM")
    .option("--json", "the same as JSON")
    .action(({ json }: { json?: true }) => {
      if (json) return console.log(JSON.stringify(ruleBooks, null, 2));
      for (const { id, about, needs } of ruleBooks) console.log(`${id}\n  ${about}\n  needs ${needs}`);
      console.log(
        "\nRead one with `accolade rules add <book> --print`; copy it into your rules with `accolade rules add <book>`.",
      );
    });
