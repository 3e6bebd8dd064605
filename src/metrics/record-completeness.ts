import { type Metric, ratio } from "./metric.ts";

/** How well the CRM is kept. */
export const recordCompleteness: Metric = {
  name: "record_completeness",
  title: { en: "Completeness of records", it: "Completezza dei dati" },
  about: "required fields that were filled ÷ required fields, of the records there were at the end of the window",
  unit: "ratio",
  of: ["owner", "team", "company", "campaign", "workspace"],
  options: {},
  reads: () => ({
    filled: { series: "complete_filled", over: "end" },
    required: { series: "complete_required", over: "end" },
    records: { series: "complete_records", over: "end" },
  }),
  value: (sums) => ({ value: ratio(sums.of("filled"), sums.of("required")), sample: sums.of("records") }),
};
