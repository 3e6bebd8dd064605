/** What zod found wrong, told with the place where it is written. */
import type { z } from "zod";
import { inWords } from "./problem.ts";
import type { Spot } from "./yaml-source.ts";

/** One thing that is wrong at a path below `spot`; `message` says what was expected. */
export const report = (spot: Spot, path: readonly PropertyKey[], message: string) => {
  const place = spot.descendant(path);
  // the value as written: a reference stays a reference
  place.problem(inWords(place.value), message.replace(/^expected /i, ""));
};

/** Everything that a schema found. */
export const reportIssues = (spot: Spot, issues: readonly z.core.$ZodIssue[]) => {
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        spot
          .descendant(issue.path)
          .child(key)
          .keyProblem(`the key \`${key}\``, "only keys that docs/configuration.md lists here");
      }
    } else report(spot, issue.path, issue.message.replace(/^Invalid input: /, ""));
  }
};
