import { Command, Option } from "commander";
import { Refusal } from "../open-corridor.ts";
import { settleOrderByHand } from "../pipeline/settle-order.ts";
import { isId } from "./rewards-order.ts";
import { whoRunsThis } from "./who.ts";
import { withCorridor } from "./with-corridor.ts";

interface Said {
  ordered?: string;
  notOrdered?: true;
  link?: string;
  code?: string;
}

/** `accolade rewards settle`: a person's word on an order that nobody knows the outcome of. */
export const settleCommand = (): Command =>
  new Command("settle")
    .description("say what became of an order of unknown outcome, after a look at the vendor's own pages")
    .argument("<grant>", "id of the grant")
    .addOption(new Option("--ordered <reference>", "it was ordered: the vendor's reference").conflicts("notOrdered"))
    .option("--not-ordered", "it was not: it is ordered again")
    .option("--link <url>", "with --ordered: the recipient's link, where the vendor's API does not show it")
    .option("--code <code>", "with --ordered: the code, where the vendor's API does not show it")
    .action((grantId: string, { ordered, notOrdered, link, code }: Said) => {
      const place = `accolade rewards settle ${grantId}`;
      if (!isId(grantId)) throw new Refusal([`${place}: expected the id of a grant`]);
      if (ordered === undefined && !notOrdered)
        throw new Refusal([`${place}: found neither --ordered <reference> nor --not-ordered, expected one of them`]);
      if (link !== undefined && !/^https?:\/\/\S+$/i.test(link))
        throw new Refusal([`${place}: found \`--link ${link}\`, expected an address that begins with https://`]);
      const content = link ? { kind: "link" as const, url: link } : code ? { kind: "code" as const, code } : undefined;
      return withCorridor(async ({ corridor }) => {
        const word =
          ordered === undefined
            ? { ordered: false as const }
            : { ordered: true as const, reference: ordered, ...(content && { content }) };
        const actor = `${whoRunsThis()} (command line)`;
        const settled = await settleOrderByHand(corridor, grantId, word, actor);
        if (!settled.ok) throw new Refusal([`${place}: ${settled.problem}`]);
        console.log(settled.said);
      });
    });
