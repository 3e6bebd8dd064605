import { dayNumber } from "./customer.ts";
import { presentCustomers, presentReads } from "./customer-stock.ts";
import { type Metric, ratio } from "./metric.ts";

const DAYS_IN_A_MONTH = 365.2425 / 12;

/** What a customer brings in a month in which they are one; times the months that they are expected to stay. */
export const customerLifetimeValue: Metric = {
  name: "customer_lifetime_value",
  title: { en: "Customer lifetime value", it: "Valore del cliente nel tempo" },
  about:
    "revenue in the window ÷ months that customers were active in it, × `lifetime` in months; without a lifetime per month",
  unit: "money per month",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: { lifetime: ["none", "12", "24", "36", "48", "60", "84", "120"] },
  reads: () => ({
    ...presentReads,
    revenue: { series: "customer_revenue", over: "window" },
    startsBefore: { series: "customer.start", over: "start" },
    startDaysBefore: { series: "customer.start_days", over: "start" },
    endsBefore: { series: "customer.end", over: "start" },
    endDaysBefore: { series: "customer.end_days", over: "start" },
    starts: { series: "customer.start", over: "end" },
    startDays: { series: "customer.start_days", over: "end" },
    ends: { series: "customer.end", over: "end" },
    endDays: { series: "customer.end_days", over: "end" },
  }),
  value(sums, { options: { lifetime }, range, today, minorPerMajor }) {
    const until = Math.min(dayNumber(range.until), dayNumber(today) + 1);
    // days of all customers before a day: as many as it is after each start, less as many as it is after each end
    const days = (day: number, of: (name: string) => number) =>
      (of("starts") - of("ends")) * day - of("startDays") + of("endDays");
    const active = days(until, sums.of) - days(dayNumber(range.from), (name) => sums.of(`${name}Before`));
    const perMonth = ratio(sums.of("revenue") / minorPerMajor, active / DAYS_IN_A_MONTH);
    const months = lifetime === undefined || lifetime === "none" ? 1 : Number(lifetime);
    return { value: perMonth === null ? null : perMonth * months, sample: presentCustomers(sums) };
  },
};
