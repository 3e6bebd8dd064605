import { Command } from "commander";
import { ruleVersions } from "../pipeline/rule-history.ts";
import { table } from "./table.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rules versions`: every version of the rules that was ever in force. */
export const versionsCommand = (): Command =>
  new Command("versions")
    .description("list the versions of the rules, the newest first")
    .option("--json", "the same as JSON")
    .action((options: { json?: true }) =>
      withCorridor(async ({ database }) => {
        const versions = await ruleVersions(database);
        if (options.json) console.log(JSON.stringify(versions, null, 2));
        else if (versions.length === 0) console.log("No rules were loaded yet: start the server once.");
        else
          console.log(
            table(
              [
                ["version", "hash", "loaded", "by", "in force"],
                ...versions.map(({ id, hash, loadedAt, author, inForceSince, turns }) => [
                  String(id),
                  hash.slice(0, 10),
                  loadedAt.toISOString(),
                  author,
                  inForceSince ? `since ${inForceSince.toISOString()} (${turns.at(-1)?.author ?? author})` : "",
                ]),
              ],
              "",
            ),
          );
      }),
    );
