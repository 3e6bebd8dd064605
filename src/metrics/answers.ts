import type { Sums } from "./metric.ts";

/** The answers to a survey, by score: how many there are, how many among them pass a test, and the sum of all scores. */
export const answersOf = (sums: Sums) => {
  const scores = [...sums.keys("answers")].map(([score, n]) => ({ score: Number(score), n }));
  return {
    count: scores.reduce((sum, { n }) => sum + n, 0),
    total: scores.reduce((sum, { score, n }) => sum + score * n, 0),
    among: (passes: (score: number) => boolean) =>
      scores.reduce((sum, { score, n }) => sum + (passes(score) ? n : 0), 0),
  };
};
