// The dashboards that we ship ask only for metrics that there are, by labels that these have.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { packageRoot } from "../../src/package-root.ts";
import { createTelemetry } from "../../src/telemetry.ts";

const Dashboard = z.looseObject({
  uid: z.string().regex(/^accolade-[a-z-]+$/),
  title: z.string().startsWith("Accolade: "),
  schemaVersion: z.number().int(),
  panels: z
    .array(
      z.looseObject({
        id: z.number().int(),
        title: z.string().min(1),
        type: z.enum(["row", "timeseries", "stat", "bargauge"]),
        gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
        targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })).default([]),
      }),
    )
    .min(5),
});

const files = globSync("dashboards/*.json", { cwd: packageRoot });
const dashboards = files.map((file) => {
  const read: unknown = JSON.parse(readFileSync(path.join(packageRoot, file), "utf8"));
  return [file, Dashboard.parse(read)] as const;
});

/** Name of each series as Prometheus stores it → its labels. */
const series = new Map<string, Set<string>>();
beforeAll(async () => {
  const telemetry = createTelemetry();
  telemetry.webhook("c", "accepted");
  telemetry.stepTook("accept", 1);
  telemetry.parked("c");
  telemetry.grant("issued");
  telemetry.attempt("t", "accepted");
  telemetry.message("email", "sent");
  telemetry.receipt("f", "accepted");
  telemetry.queueWaiting("j", 1);
  telemetry.backlog(1);
  telemetry.jobFailed("j");
  telemetry.warning("a");
  telemetry.paused(["all"]);
  telemetry.senders([{ channel: "c", sender: "s", out: true, quietSeconds: 1 }]);
  telemetry.budgets(new Map([["b", 0.5]]));
  telemetry.budgetAlert("b", 80);
  for (const [, name = "", labels = ""] of (await telemetry.text()).body.matchAll(
    /^(\w+)(?:\{(.*?)\})? [\d.e+-]+$/gm,
  )) {
    const own = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
    series.set(name, new Set([...(series.get(name) ?? []), ...own]));
  }
});

/** What Prometheus adds when it asks a process. */
const added = new Set(["job", "instance"]);
/** Words of PromQL in these dashboards, beside metrics and labels. */
const words = new Set(["sum", "max", "min", "by", "rate", "increase", "changes", "histogram_quantile"]);

const problemsOf = (expr: string, legend: string): string[] => {
  const bare = expr.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]/g, "");
  const metrics = [...bare.matchAll(/\baccolade_\w+/g)].map(([name]) => name);
  const known = metrics.flatMap((name) => series.get(name) ?? []);
  const asked = [
    ...[...bare.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*""/g)].map(([, label = ""]) => label),
    ...[...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/,\s*/)),
  ];
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
  const grouped = new Set([...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/,\s*/)));
  const rest = bare.replaceAll(/\{[^}]*\}|\bby \([^)]*\)|\baccolade_\w+/g, "");
  return [
    ...(metrics.length === 0 ? ["no metric of ours"] : []),
    ...metrics.filter((name) => !series.has(name)).map((name) => `no metric ${name}`),
    ...asked
      .filter((label) => !added.has(label) && !known.every((own) => own.has(label)))
      .map((each) => `no label ${each}`),
    ...shown.filter((label) => !grouped.has(label)).map((label) => `nothing is grouped by ${label}`),
    ...[...rest.matchAll(/[a-z_]\w*/gi)].map(([word]) => word).filter((word) => !words.has(word)),
    ...(["()", "{}"].every(([open = "", close = ""]) => expr.split(open).length === expr.split(close).length)
      ? []
      : ["brackets"]),
  ];
};

describe.each(dashboards)("%s", (_file, { panels }) => {
  test("asks for metrics that there are", () => {
    const problems = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        problemsOf(expr, legendFormat).map((problem) => `${title}: ${problem}`),
      ),
    );
    expect(problems).toEqual([]);
  });

  test("has panels side by side, and none upon another", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});

test("every metric is on one of them", () => {
  const asked = dashboards
    .flatMap(([, { panels }]) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))
    .join();
  expect(
    [...series.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, "")).filter((name) => !asked.includes(name)),
  ).toEqual([]);
});

test("these checks find what they are there for", () => {
  expect(problemsOf("sum(rate(accolade_nothing_total[5m]))", "")).toEqual(["no metric accolade_nothing_total"]);
  expect(problemsOf("sum by (colour) (accolade_queue_waiting)", "")).toEqual(["no label colour"]);
  expect(problemsOf('accolade_queue_waiting{colour="red"}', "")).toEqual(["no label colour"]);
  expect(problemsOf("sum(accolade_queue_waiting)", "{{job}}")).toEqual(["nothing is grouped by job"]);
  expect(problemsOf("summ(accolade_queue_waiting)", "")).toEqual(["summ"]);
});
