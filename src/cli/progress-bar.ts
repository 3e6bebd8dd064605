import { Presets, SingleBar } from "cli-progress";

/** A bar on standard error, where that is a terminal; elsewhere nothing is shown. */
export const progressBar = (what: string) => {
  const bar = process.stderr.isTTY
    ? new SingleBar(
        {
          format: `{bar} {percentage}% | {value}/{total} ${what} | {duration_formatted}`,
          stream: process.stderr,
          hideCursor: true,
        },
        Presets.shades_classic,
      )
    : undefined;
  return {
    start: (total: number) => bar?.start(Math.max(1, total), 0),
    at: (value: number) => bar?.update(Math.round(value)),
    stop: () => bar?.stop(),
  };
};
