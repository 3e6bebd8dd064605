import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import type { Named } from "./shelf.ts";

/** Reports an id that no entry has.. */
export const checkNamed = (spot: Spot, id: string, { byId, complete }: Named<unknown>, kind: string): void => {
  if (byId.has(id) || !complete) return;
  const ids = [...byId.keys()];
  const expected =
    ids.length > 0 ? `the id of a ${kind} under \`${kind}s:\`` : `a ${kind}, but there is none under \`${kind}s:\``;
  spot.problem(inWords(id), expected + didYouMean(id, ids));
};
