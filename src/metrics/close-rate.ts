import { type Metric, ratio } from "./metric.ts";

const series = (weight: string | undefined, name: string) => (weight === "amount" ? `${name}_amount` : name);

/** Deals won ÷ deals that were open at some time in the window; with `basis: closed`, ÷ deals that were won or lost in it. */
export const closeRate: Metric = {
  name: "close_rate",
  title: { en: "Close rate", it: "Tasso di chiusura" },
  about:
    "deals won ÷ deals open at some time in the window; `basis: closed`: won ÷ (won + lost); `weight: amount`: by their amounts",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: { basis: ["prospects", "closed"], weight: ["count", "amount"] },
  reads: ({ weight }) => ({
    won: { series: series(weight, "won"), over: "window" },
    lost: { series: series(weight, "lost"), over: "window" },
    started: { series: `${series(weight, "open")}.start`, over: "end" },
    ended: { series: `${series(weight, "open")}.end`, over: "start" },
    gaps: { series: `${series(weight, "open")}.gap`, over: "pairs" },
    wonDeals: { series: "won", over: "window" },
    lostDeals: { series: "lost", over: "window" },
    startedDeals: { series: "open.start", over: "end" },
    endedDeals: { series: "open.end", over: "start" },
    gapsOfDeals: { series: "open.gap", over: "pairs" },
  }),
  value(sums, { options }) {
    const closed = options.basis === "closed";
    const of = closed ? sums.of("won") + sums.of("lost") : sums.of("started") - sums.of("ended") - sums.of("gaps");
    const sample = closed
      ? sums.of("wonDeals") + sums.of("lostDeals")
      : sums.of("startedDeals") - sums.of("endedDeals") - sums.of("gapsOfDeals");
    return { value: ratio(sums.of("won"), of), sample };
  },
};
