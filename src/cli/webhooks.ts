import { Command } from "commander";
import { Refusal } from "../open-corridor.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { enableEndpoint, listEndpoints } from "../pipeline/tell-endpoints.ts";
import { outgoingLog, replayOutgoing, testEndpoint } from "../pipeline/tell-log.ts";
import { counted } from "./counted.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

const MOST = 1_000;

/** `accolade webhooks list|log|replay|test|enable`: what we tell other systems. */
export const webhooksCommand = (): Command =>
  new Command("webhooks")
    .description("see what is told to other systems, tell it again, try an endpoint")
    .addCommand(
      new Command("list")
        .description("the endpoints of accolade.yaml, and how each is doing")
        .option("--json", "the same as JSON")
        .action(({ json }: { json?: true }) =>
          withCorridor(async ({ corridor }) => {
            const endpoints = await listEndpoints(corridor);
            if (json) return console.log(JSON.stringify(endpoints, null, 2));
            if (endpoints.length === 0)
              return console.log(
                corridor.endpoints.size > 0
                  ? "No server has started with these webhooks yet."
                  : "accolade.yaml sets up no webhooks.",
              );
            const rows = endpoints.map(({ id, state, since, waiting, failed, lastDeliveredAt, lastFailure }) => [
              id,
              since ? `${state} since ${minute(since)}` : state,
              waiting,
              failed,
              lastDeliveredAt ? minute(lastDeliveredAt) : "never",
              lastFailure,
            ]);
            console.log(
              tableText(["endpoint", "state", "waiting", "given up", "last delivered", "last failure"], rows),
            );
          }),
        ),
    )
    .addCommand(
      new Command("log")
        .description("what was told and what waits, newest first")
        .option("--endpoint <id>", "only of this endpoint")
        .option("--failed", "only what was given up")
        .option("--limit <number>", "how many at most", "50")
        .option("--json", "the same as JSON")
        .action((options: { endpoint?: string; failed?: true; limit: string; json?: true }) =>
          withCorridor(async ({ corridor }) => {
            known(corridor, options.endpoint);
            const limit = /^[1-9]\d{0,3}$/.test(options.limit) ? Math.min(MOST, Number(options.limit)) : 0;
            if (limit === 0) throw new Refusal([`--limit: found ${options.limit}, expected a number up to ${MOST}`]);
            const entries = await outgoingLog(corridor, { ...options, limit });
            if (options.json) return console.log(JSON.stringify(entries, null, 2));
            if (entries.length === 0) return console.log("Nothing.");
            const rows = entries.map(({ id, at, endpoint, type, grant, state, tries, nextTry, reason }) => [
              id,
              minute(at),
              endpoint,
              type,
              grant,
              nextTry ? `${state} until ${minute(nextTry)}` : state,
              tries,
              reason,
            ]);
            console.log(tableText(["id", "at (UTC)", "endpoint", "event", "grant", "state", "tries", "why"], rows));
          }),
        ),
    )
    .addCommand(
      new Command("replay")
        .description("tell again, with the same webhook-id: these, or everything since a moment")
        .argument("[ids...]", "ids, as `accolade webhooks log` shows them")
        .option("--since <moment>", "everything that happened from then on, such as 2026-11-20 or 2026-11-20T09:00:00Z")
        .option("--endpoint <id>", "with --since: only to this endpoint")
        .option("--failed", "with --since: only what was given up or left out")
        .action((ids: string[], options: { since?: string; endpoint?: string; failed?: true }) =>
          withCorridor(async ({ corridor }) => {
            known(corridor, options.endpoint);
            const told = await replayOutgoing(corridor, readAsked(ids, options));
            console.log(
              told === 0
                ? "Nothing to tell again: no such rows, or they wait anyway, or their endpoint is disabled."
                : `${counted(told, "event")} will be told again within seconds, while a server runs.`,
            );
          }),
        ),
    )
    .addCommand(
      new Command("test")
        .description("send `endpoint.test` now, and say what was answered")
        .argument("<endpoint>", "its id in accolade.yaml")
        .action((endpoint: string) =>
          withCorridor(async ({ corridor }) => {
            known(corridor, endpoint);
            const tried = await testEndpoint(corridor, endpoint);
            console.log(
              tried.ok ? `${endpoint} took it: ${tried.status}.` : `${endpoint} did not take it: ${tried.why}.`,
            );
            if (!tried.ok) process.exitCode = 1;
          }),
        ),
    )
    .addCommand(
      new Command("enable")
        .description("call an endpoint again that answered 410, or is paused")
        .argument("<endpoint>", "its id in accolade.yaml")
        .action((endpoint: string) =>
          withCorridor(async ({ corridor }) => {
            known(corridor, endpoint);
            console.log(
              (await enableEndpoint(corridor, endpoint))
                ? `${endpoint} is called again. What it missed while it was disabled: accolade webhooks replay --since … --endpoint ${endpoint}`
                : "No server has started with it yet.",
            );
          }),
        ),
    );

const minute = (at: Date) => at.toISOString().slice(0, 16).replace("T", " ");

const known = ({ endpoints }: Corridor, id: string | undefined) => {
  if (id === undefined || endpoints.has(id)) return;
  const ids = [...endpoints.keys()].join(", ") || "none: accolade.yaml has no webhooks";
  throw new Refusal([`endpoint ${id}: found no such endpoint, expected one of ${ids}`]);
};

const readAsked = (
  ids: readonly string[],
  { since, endpoint, failed }: { since?: string; endpoint?: string; failed?: true },
) => {
  if ((ids.length === 0) === (since === undefined))
    throw new Refusal([
      `found ${since === undefined ? "neither ids nor --since" : "ids and --since"}, expected one of them`,
    ]);
  if (since !== undefined) {
    const at = /^\d{4}-\d{2}-\d{2}/.test(since) ? new Date(since) : new Date(Number.NaN);
    if (Number.isNaN(at.getTime()))
      throw new Refusal([`--since: found ${since}, expected a moment such as 2026-11-20`]);
    return { since: at, endpoint, failed: failed ?? false };
  }
  const wrong = ids.find((id) => !/^\d{1,15}$/.test(id));
  if (wrong !== undefined) throw new Refusal([`id ${wrong}: expected a number, as \`accolade webhooks log\` shows it`]);
  return { ids: ids.map(Number) };
};
