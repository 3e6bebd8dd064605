/** Counters for Prometheus, one registry per process instance: names and labels are promised, so they are all here. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Telemetry {
  /** A webhook was answered. `outcome`: `accepted`, `away`, or the reason of its refusal. `connection`: a configured id, or `unknown`. */
  webhook(connection: string, outcome: string): void;
  /** A step of the corridor took this long. */
  stepTook(step: string, ms: number): void;
  /** Events that could not be decided, parked with a reason. */
  parked(connection: string, events?: number): void;
  /** Grants that moved to this state. */
  grant(state: string, grants?: number): void;
  /** A provider or sender answered. */
  attempt(target: string, outcome: string): void;
  /** Messages that moved to this state. */
  message(channel: string, state: string): void;
  /** A vendor told something at `/receipts/{from}`. `outcome`: `accepted`, or the reason of its refusal. */
  receipt(from: string, outcome: string, receipts?: number): void;
  /** Deliveries and events that wait to be decided. */
  backlog(waiting: number): void;
  /** Jobs of the queue that could run now. */
  queueWaiting(job: string, jobs: number): void;
  /** A job's handler threw. */
  jobFailed(job: string): void;
  /** Something an admin should act on. */
  warning(about: string): void;
  /** What is paused now: `all`, `provider:<id>`, `channel:<name>`. */
  paused(scopes: readonly string[]): void;
  /** How each sender that is set up is. */
  senders(states: readonly { channel: string; sender: string; out: boolean; quietSeconds: number }[]): void;
  /** The budgets in force, and which part of each is still available, from 0 to 1. */
  budgets(available: ReadonlyMap<string, number>): void;
  /** A budget reached one of its marks. */
  budgetAlert(budget: string, percent: number): void;
  /** Prometheus' text format, and the content type to send it with. */
  text(): Promise<{ contentType: string; body: string }>;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const createTelemetry = (): Telemetry => {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });

  const webhooks = counter("accolade_webhooks_total", "Webhook requests, by connection and outcome", [
    "connection",
    "outcome",
  ]);
  const steps = new Histogram({
    name: "accolade_step_seconds",
    help: "Time that a step of the corridor takes",
    labelNames: ["step"],
    buckets: seconds,
    registers,
  });
  const parked = counter("accolade_events_parked_total", "Events parked because they could not be decided", [
    "connection",
  ]);
  const grants = counter("accolade_grants_total", "Grants that reached a state", ["state"]);
  const attempts = counter("accolade_attempts_total", "Calls to providers and senders, by outcome", [
    "target",
    "outcome",
  ]);
  const messages = counter("accolade_messages_total", "Messages that reached a state, by channel", [
    "channel",
    "state",
  ]);
  const receipts = counter(
    "accolade_receipts_total",
    "Receipts of senders and providers, by whose they are and outcome",
    ["from", "outcome"],
  );
  const waiting = new Gauge({
    name: "accolade_queue_waiting",
    help: "Jobs of the queue that could run now",
    labelNames: ["job"],
    registers,
  });
  const backlog = new Gauge({
    name: "accolade_backlog",
    help: "Deliveries and events that wait to be decided, counted up to server.mostWaiting",
    registers,
  });
  const failures = counter("accolade_job_failures_total", "Jobs whose handler threw: something is broken", ["job"]);
  const warnings = counter("accolade_warnings_total", "Warnings that an admin should act on", ["about"]);
  const paused = new Gauge({
    name: "accolade_sending_paused",
    help: "1 for each scope whose sending is paused",
    labelNames: ["scope"],
    registers,
  });
  const sendersOut = new Gauge({
    name: "accolade_sender_out_of_order",
    help: "1 for a sender that refused several messages in a row for something that an admin must mend, else 0",
    labelNames: ["channel", "sender"],
    registers,
  });
  const sendersQuiet = new Gauge({
    name: "accolade_sender_quiet_seconds",
    help: "For how long a sender's vendor still asks for patience",
    labelNames: ["channel", "sender"],
    registers,
  });
  const budgets = new Gauge({
    name: "accolade_budget_available_ratio",
    help: "Part of a budget in force that is still available, from 0 to 1",
    labelNames: ["budget"],
    registers,
  });
  const budgetAlerts = counter("accolade_budget_alerts_total", "Marks that a budget reached", ["budget", "percent"]);
  const started = new Gauge({
    name: "accolade_start_time_seconds",
    help: "When this process started, in Unix time",
    registers,
  });
  started.setToCurrentTime();

  return {
    webhook: (connection, outcome) => webhooks.inc({ connection, outcome }),
    stepTook: (step, ms) => steps.observe({ step }, ms / 1000),
    parked: (connection, events = 1) => parked.inc({ connection }, events),
    grant: (state, count = 1) => grants.inc({ state }, count),
    attempt: (target, outcome) => attempts.inc({ target, outcome }),
    message: (channel, state) => messages.inc({ channel, state }),
    receipt: (from, outcome, count = 1) => receipts.inc({ from, outcome }, count),
    backlog: (waitingNow) => backlog.set(waitingNow),
    queueWaiting: (job, jobs) => waiting.set({ job }, jobs),
    jobFailed: (job) => failures.inc({ job }),
    warning: (about) => warnings.inc({ about }),
    paused(scopes) {
      paused.reset();
      for (const scope of scopes) paused.set({ scope }, 1);
    },
    senders(states) {
      sendersOut.reset();
      sendersQuiet.reset();
      for (const { channel, sender, out, quietSeconds } of states) {
        sendersOut.set({ channel, sender }, out ? 1 : 0);
        sendersQuiet.set({ channel, sender }, quietSeconds);
      }
    },
    budgets(available) {
      budgets.reset();
      for (const [budget, ratio] of available) budgets.set({ budget }, ratio);
    },
    budgetAlert: (budget, percent) => budgetAlerts.inc({ budget, percent: String(percent) }),
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
};
