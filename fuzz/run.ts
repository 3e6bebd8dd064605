/** `npm run fuzz -- --seconds 600 --seed 1`: bad inputs for every reader of what others wrote. Exit code 1 where one breaks. */
import { parseArgs } from "node:util";
import { campaign } from "./campaign.ts";
import { idleConnections } from "./idle-connections.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    target: { type: "string", multiple: true, default: [] },
    only: { type: "string" },
    idle: { type: "string" },
  },
});

if (values.idle !== undefined) {
  await idleConnections(Number(values.idle));
} else {
  const seed = Number(values.seed);
  const only = values.only === undefined ? null : Number(values.only);
  console.log(`seed ${seed}`);
  const targets = values.target;
  const { inputs, counts, failures } = await campaign({
    seed,
    seconds: Number(values.seconds),
    targets,
    only,
    on: ({ target, at, error, input }) => {
      const again = ["npm run fuzz -- --seed", seed, ...targets.map((name) => `--target ${name}`), "--only", at].join(
        " ",
      );
      console.log(`\n${target}: ${error}\ninput (base64, its beginning): ${input.slice(0, 400)}\nagain: ${again}`);
    },
  });
  for (const [name, count] of Object.entries(counts).sort()) console.log(`${String(count).padStart(8)}  ${name}`);
  console.log(`${inputs} inputs, ${failures.length} failures`);
  if (failures.length > 0) process.exitCode = 1;
}
