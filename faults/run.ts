/** `npm run faults`: breaks a running Accolade in every way that is listed, and checks that nothing was lost or paid twice. */
import path from "node:path";
import { parseArgs } from "node:util";
import { campaign } from "./campaign.ts";
import { faults } from "./kinds/index.ts";

const USAGE = `npm run faults -- [--runs 200] [--seed 7] [--only <fault>]… [--at-once 1] [--short] [--list]

faults:
${faults.map(({ id, breaks }) => `  ${id.padEnd(18)}${breaks}`).join("\n")}`;

const refuse = (found: string): never => {
  console.error(`${found}\n\n${USAGE}`);
  process.exit(2);
};

const wholeNumber = (name: string, text: string, least: number): number =>
  /^\d{1,9}$/.test(text) && Number(text) >= least
    ? Number(text)
    : refuse(`--${name}: found ${text}, expected a whole number from ${least}`);

const asked = () => {
  try {
    return parseArgs({
      options: {
        runs: { type: "string" },
        seed: { type: "string" },
        only: { type: "string", multiple: true, default: [] },
        "at-once": { type: "string", default: "1" },
        short: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
};

const words = asked();
if (words.list) {
  console.log(USAGE);
} else {
  const unknown = words.only.filter((id) => faults.every((fault) => fault.id !== id));
  if (unknown.length > 0) refuse(`--only: found ${unknown.join(", ")}, expected a fault of the list`);
  const runs = wholeNumber("runs", words.runs ?? (words.short ? "3" : "200"), 1);
  const seed = wholeNumber("seed", words.seed ?? String(Date.now() % 1_000_000), 0);
  const began = performance.now();
  const ran = await campaign({
    runs,
    seed,
    only: words.only,
    folder: path.join(import.meta.dirname, "results", `seed-${seed}`),
    atOnce: wholeNumber("at-once", words["at-once"], 1),
    print: (line) => console.log(line),
  });
  const wrong = ran.filter(({ differences }) => differences.length > 0).length;
  const grants = ran.reduce((sum, { compared }) => sum + (compared?.granted ?? 0), 0);
  console.log(
    `${ran.length} runs, ${wrong} wrong: ${ran.reduce((sum, { accepted }) => sum + accepted, 0)} deliveries accepted, ${grants} grants, ${Math.round((performance.now() - began) / 1_000)} s`,
  );
  if (wrong > 0 || ran.length === 0) process.exitCode = 1;
}
