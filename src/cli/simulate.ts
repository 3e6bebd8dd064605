import { Presets, SingleBar } from "cli-progress";
import { Command, InvalidArgumentError } from "commander";
import type { Config } from "../config.ts";
import { Refusal } from "../open-corridor.ts";
import { asExpected, type Simulated, simulate } from "../simulate/simulate.ts";
import { withCorridor } from "./with-corridor.ts";

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most)
    throw new InvalidArgumentError(`expected a number from ${least} to ${most}.`);
  return value;
};
const whole = (least: number, most: number) => (text: string) => {
  const value = number(least, most)(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("expected a whole number.");
  return value;
};
const address = (text: string) => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError("expected an address such as http://localhost:3000.");
  return text.replace(/\/+$/, "");
};

interface Options {
  url?: string;
  events: number;
  seed: number;
  rate: number;
  concurrency: number;
  forReal?: true;
}

/** `accolade simulate`: a made-up quarter against a running server. Exit code 1 where a grant is missing, extra or of another value. */
export const simulateCommand = (): Command =>
  new Command("simulate")
    .description("play a sales team's quarter against a running server, and compare what it granted with what was due")
    .option("--url <address>", "where the server is; default: PUBLIC_URL", address)
    .option("--events <number>", "how many CRM events", whole(1, 10_000_000), 2_000)
    .option("--seed <number>", "the same seed tells the same story", whole(0, 2 ** 32), 42)
    .option("--rate <per second>", "events in a second; 0: as fast as the server takes them", number(0, 1_000_000), 200)
    .option("--concurrency <number>", "requests under way at once", whole(1, 256), 9)
    .option("--for-real", "also where real messages are sent or real rewards are ordered")
    .action((options: Options) =>
      withCorridor(async ({ corridor }, config) => {
        refuseRealWorld(config, options);
        if (!corridor.rules.loaded()) throw new Refusal(["No rules were loaded yet: start the server once."]);
        const url = options.url ?? config.publicUrl;
        await expectServer(url);
        const progress = openProgress();
        const simulated = await simulate(corridor, config, {
          ...options,
          url,
          // without PUBLIC_URL a server believes to be where it is reached
          signedUrl: config.publicUrl === `http://localhost:${config.port}` ? url : config.publicUrl,
          on: {
            planned(events, { deals, contacts }, leftOut) {
              console.log(
                `Seed ${options.seed}: ${deals} deals and ${contacts} contacts in ${count(events, "event")}, to ${url}`,
              );
              for (const [connection, why] of leftOut) console.log(`Left out: ${connection}, because ${why}.`);
              progress.start(events);
            },
            sent: (events) => progress.more(events),
            waiting: (backlog) =>
              progress.waiting(backlog.deliveries + backlog.events + backlog.orders + backlog.messages),
          },
        }).finally(() => progress.stop());
        if (!simulated)
          throw new Refusal([`${config.file}: found no connection that \`simulate\` can play, expected at least one`]);
        for (const line of summary(simulated)) console.log(line);
        if (!asExpected(simulated)) process.exitCode = 1;
      }),
    );

/** Made-up deals must not send real people real gift cards. */
const refuseRealWorld = ({ sandbox, channels, providers }: Config, { forReal }: Options) => {
  if (sandbox || forReal) return;
  const real = [
    ...[...channels]
      .filter(([, { sender }]) => sender !== "outbox")
      .map(([channel, { sender }]) => `${channel} by ${sender}`),
    ...[...providers].filter(([, { kind }]) => kind !== "points").map(([id]) => `rewards from ${id}`),
  ];
  if (real.length === 0) return;
  throw new Refusal([
    `This workspace is set up for real: ${real.join(", ")}. Made-up deals would reach real people.`,
    "Try it in a folder without accolade.yaml, which is a sandbox; or add --for-real if you are sure.",
  ]);
};

const expectServer = async (url: string) => {
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (!answer?.ok)
    throw new Refusal([
      `${url}: found no running server, expected one; start it with \`npm start\`, or say where it is with --url`,
    ]);
};

/** A bar in a terminal, a line now and then elsewhere. */
const openProgress = () => {
  const bar = process.stdout.isTTY
    ? new SingleBar(
        { format: "{bar} {value} of {total} events  {what}", clearOnComplete: true, hideCursor: true, barsize: 30 },
        Presets.shades_classic,
      )
    : undefined;
  let total = 0;
  let sent = 0;
  let said = 0;
  let waited = 0;
  const what = (text: string) => bar?.update({ what: text });
  return {
    start(events: number) {
      total = events;
      bar?.start(events, 0, { what: "Sending" });
    },
    more(events: number) {
      sent += events;
      bar?.update(sent);
      if (bar || sent < total * (said + 1) * 0.25) return;
      said = Math.floor((sent / total) * 4);
      console.log(`Sent ${sent} of ${total} events`);
    },
    waiting(left: number) {
      if (left === 0) return;
      what(`Waiting for ${left} to be worked off`);
      if (!bar && waited++ % 25 === 24) console.log(`Waiting for the server: ${left} left`);
    },
    stop: () => bar?.stop(),
  };
};

const count = (how: number, what: string) => `${how.toLocaleString("en")} ${what}${how === 1 ? "" : "s"}`;
const MOST_DIFFERENCES = 10;

const summary = (simulated: Simulated): string[] => {
  const { delivered, compared, grants, messages, waiting, left, shadow, ms } = simulated;
  const { missing, extra, otherValue } = compared;
  const line = (name: string, text: string) => `${name.padEnd(13)}${text}`;
  const states = (found: ReadonlyMap<string, number>) =>
    [...found].map(([state, number]) => `${number.toLocaleString("en")} ${state}`).join(", ") || "none";
  const unreachable = [...waiting].filter(([why]) => why.startsWith("unreachable")).reduce((sum, [, n]) => sum + n, 0);
  const others = [...waiting].filter(([why]) => !why.startsWith("unreachable"));
  const perSecond = (events: number, time: number) =>
    `${Math.round((events / Math.max(time, 1)) * 1000).toLocaleString("en")} events/s`;
  const stillThere = Object.entries(left).filter(([, number]) => number > 0);
  return [
    "",
    line(
      "sent",
      `${count(delivered.requests, "request")} with ${count(delivered.events, "event")}, ${delivered.twice.toLocaleString("en")} of them twice`,
    ),
    ...(delivered.putOff > 0
      ? [line("", `${count(delivered.putOff, "request")} put off or not answered, and sent again`)]
      : []),
    line(
      "expected",
      `${count(compared.expected, "grant")}${shadow > 0 ? `, ${shadow.toLocaleString("en")} of them in shadow` : ""}`,
    ),
    line("granted", compared.granted.toLocaleString("en")),
    line("missing", missing.length.toLocaleString("en")),
    line("extra", extra.length.toLocaleString("en")),
    line("other value", otherValue.length.toLocaleString("en")),
    line("grants", states(grants)),
    line("messages", states(messages)),
    line(
      "unreachable",
      `${unreachable.toLocaleString("en")}${unreachable > 0 ? ": kept until an address is known" : ""}`,
    ),
    ...others.map(([why, number]) => line("waiting", `${number.toLocaleString("en")}: ${why}`)),
    line(
      "rate",
      `${perSecond(delivered.events, delivered.ms)} sent, ${perSecond(delivered.events, ms)} worked off in ${(ms / 1000).toFixed(1)} s`,
    ),
    ...differences("Missing", missing),
    ...differences("Extra", extra),
    ...differences("Other value", otherValue),
    "",
    ...(delivered.refused ? [refusedLine(delivered.refused)] : []),
    ...(stillThere.length > 0
      ? [
          `The server stopped working: ${stillThere.map(([what, number]) => `${number} ${what}`).join(", ")} left. Its log says why.`,
        ]
      : []),
    asExpected(simulated) ? "Every expected grant is there, and none extra." : "This is not what had to come of it.",
  ];
};

const refusedLine = ({ connection, status }: { connection: string; status: number | undefined }) => {
  const found = status === undefined ? "no answer" : `an answer of ${status}`;
  return `Webhooks to ${connection} got ${found}, and the rest was not sent. Is it the server of this folder, with the same accolade.yaml and PUBLIC_URL?`;
};

const differences = (name: string, lines: readonly string[]) =>
  lines.length === 0
    ? []
    : [
        "",
        `${name}:`,
        ...lines.slice(0, MOST_DIFFERENCES).map((each) => `  ${each}`),
        ...(lines.length > MOST_DIFFERENCES ? [`  and ${lines.length - MOST_DIFFERENCES} more`] : []),
      ];
