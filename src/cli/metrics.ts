import { Command, InvalidArgumentError, Option } from "commander";
import { type Metric, metrics, type Of, subjectKinds } from "../metrics/index.ts";
import { Refusal } from "../open-corridor.ts";
import { checkMetric } from "../pipeline/metric-checked.ts";
import { recomputeMetrics } from "../pipeline/recompute-metrics.ts";
import { type ShownMetric, showMetric, windowHeading } from "../pipeline/show-metrics.ts";
import { localDay, parseWindow, type Window } from "../windows.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade metrics list|show|verify`. */
export const metricsCommand = (): Command =>
  new Command("metrics")
    .description("see the KPIs that rules can listen to, and check them against the facts")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(verifyCommand());

const listCommand = () =>
  new Command("list")
    .description("every metric: what it is, of whom, with which options")
    .option("--json", "the same as JSON")
    .action(({ json }: { json?: true }) => {
      const rows = metrics.map(({ name, unit, of, options, about }) => ({ name, unit, of, options, about }));
      if (json) return console.log(JSON.stringify(rows, null, 2));
      for (const { name, unit, of, options, about } of rows) {
        const choices = Object.entries(options).map(([option, values]) => `${option}: ${values.join("|")}`);
        console.log(`${name} (${[unit, `of ${of.join(", ")}`, ...choices].join("; ")})\n  ${about}`);
      }
    });

interface ShowOptions {
  of: Of;
  over: Window;
  at?: string;
  option: Record<string, string>;
  json?: true;
}

const showCommand = () =>
  new Command("show")
    .description("the value of a metric for everybody that it is of")
    .argument("<name>", "the metric, such as close_rate")
    .addOption(new Option("--of <subject>", "of whom").choices([...subjectKinds]).default("owner"))
    .option(
      "--over <window>",
      "day, week, month, quarter, year, all time, or such as `30 days`",
      window,
      "quarter" as const,
    )
    .option("--at <day>", "a day in the window, such as 2026-11-25; default today", day)
    .option("--option <name=value>", "an option of the metric, such as basis=closed; may be repeated", option, {})
    .option("--json", "the same as JSON")
    .action((name: string, { of, over, at, option: options, json }: ShowOptions) => {
      const metric = checked(name, of, options);
      return withCorridor(async ({ corridor }) => {
        const on = at ?? localDay(corridor.now(), corridor.workspace.timeZone);
        const shown = await showMetric(corridor, { metric, of, over, day: on, options });
        if (json) return console.log(JSON.stringify(shown, null, 2));
        const [first] = shown;
        if (!first) return console.log(`Nothing was counted for ${name} of any ${of} yet.`);
        const unit = metric.unit.startsWith("money")
          ? metric.unit.replace("money", corridor.workspace.currency)
          : metric.unit;
        console.log(`${metric.title.en} (${unit}), ${windowHeading(over, first)}`);
        console.log(tableText([of, "value", "previous", "change", "sample"], shown.map(rowOf)));
      });
    });

const verifyCommand = () =>
  new Command("verify")
    .description("compute every metric anew from the facts, and say what differs from what is kept")
    .option("--repair", "put what was computed in the place of what is kept")
    .option("--json", "the same as JSON")
    .action(({ repair = false, json }: { repair?: boolean; json?: true }) =>
      withCorridor(async ({ corridor }) => {
        const found = await recomputeMetrics(corridor, { repair });
        if (json) console.log(JSON.stringify(found, null, 2));
        else {
          for (const { table, about, kept, computed } of found.differences)
            console.log(`${table}: ${about}: found ${kept ?? "nothing"}, expected ${computed ?? "nothing"}`);
          const more = found.different - found.differences.length;
          if (more > 0) console.log(`and ${more} more`);
          const verdict =
            found.different === 0
              ? "all metrics are what the facts say."
              : `${counted(found.different, "row")} differed${repair ? ", and were repaired." : ". Mend them with: accolade metrics verify --repair"}`;
          console.log(`${counted(found.records, "record")} counted anew: ${verdict}`);
        }
        if (found.different > 0 && !repair) process.exitCode = 1;
      }),
    );

const checked = (name: string, of: Of, options: Readonly<Record<string, string>>): Metric => {
  const found = checkMetric(name, of, options);
  if (found.ok) return found.metric;
  throw new Refusal(
    found.faults.map((fault) =>
      fault.place === "name"
        ? `found ${fault.found}, expected ${fault.expected}`
        : `--${fault.place}: found ${fault.found}, expected ${fault.expected}`,
    ),
  );
};

const rounded = (value: number | null) => (value === null ? "–" : Number(value.toFixed(4)));

const rowOf = ({ of, connection, id, name, value, previous, change, sample }: ShownMetric) => [
  of === "workspace" ? "all" : (name ?? [connection, id].filter(Boolean).join("/")),
  rounded(value),
  rounded(previous),
  change === null ? "–" : `${(change * 100).toFixed(1)} %`,
  sample,
];

const window = (text: string): Window => {
  const read = parseWindow(text);
  if (!read)
    throw new InvalidArgumentError("Expected day, week, month, quarter, year, all time, or such as `30 days`.");
  return read;
};

const day = (text: string): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError("Expected a day such as 2026-11-25.");
  return text;
};

const option = (text: string, before: Record<string, string>): Record<string, string> => {
  const [, name, value] = /^([a-z_]+)=(.+)$/.exec(text) ?? [];
  if (!name || !value) throw new InvalidArgumentError("Expected name=value, such as basis=closed.");
  return { ...before, [name]: value };
};
