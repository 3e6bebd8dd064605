import { Command } from "commander";
import type { Config } from "../config.ts";
import { Refusal } from "../open-corridor.ts";
import {
  type PauseScope,
  pauseInWords,
  pauseScopes,
  pauseSending,
  readPauseScope,
  resumeSending,
} from "../pipeline/pause.ts";
import { whoRunsThis } from "./who.ts";
import { withCorridor } from "./with-corridor.ts";

const WHAT = "all, provider <id>, channel <name> or sender <id>";

/** `accolade pause`: from now on nothing is ordered and nobody is told, until `resume`. */
export const pauseCommand = (): Command =>
  new Command("pause")
    .description("stop ordering rewards and sending messages at once; deciding goes on, and nothing is lost")
    .option("--why <text>", "the reason, for whoever looks later", "no reason given")
    .option("--what <scope...>", WHAT, ["all"])
    .action(({ why, what }: { why: string; what: string[] }) =>
      withCorridor(async ({ database, corridor }, config) => {
        const scope = scopeOf(what, config);
        const { pause, already } = await database.transaction((tx) =>
          pauseSending(tx, { scope, since: corridor.now(), by: whoRunsThis(), why }),
        );
        console.log(
          already
            ? `It is paused already: ${pauseInWords(pause)}.`
            : `Paused: ${nameOf(scope)}. A call that had begun is not called back. \`accolade resume\` lets it go on.`,
        );
      }),
    );

/** `accolade resume`: what waited goes on by itself. */
export const resumeCommand = (): Command =>
  new Command("resume")
    .description("let ordering and sending go on after a pause; what waited goes out within seconds")
    .option("--what <scope...>", `${WHAT}; left out: everything that is paused`)
    .action(({ what }: { what?: string[] }) =>
      withCorridor(async ({ database, corridor }, config) => {
        const scope = what && scopeOf(what, config);
        const ended = await database.transaction((tx) =>
          resumeSending(tx, { ...(scope ? { scope } : {}), by: whoRunsThis(), at: corridor.now() }),
        );
        if (ended.length === 0) console.log(scope ? `${nameOf(scope)} was not paused.` : "Nothing was paused.");
        for (const pause of ended) console.log(`Goes on: ${nameOf(pause.scope)}.`);
      }),
    );

const scopeOf = (words: readonly string[], config: Config): PauseScope => {
  const text = words.join(" ");
  const scope = readPauseScope(text, config);
  if (scope) return scope;
  throw new Refusal([`--what: found \`${text}\`, expected one of ${pauseScopes(config).join(", ")}`]);
};

const nameOf = (scope: PauseScope) => (scope === "all" ? "everything" : scope.replace(":", " "));
