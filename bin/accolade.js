#!/usr/bin/env node
// Plain JavaScript, so that an older Node.js can say what is missing instead of stumbling over types.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// dates in rules are computed in zones that rules name; the machine's own zone must not shine through
process.env.TZ = "UTC";

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(`Accolade needs Node.js 24 or newer; this is ${process.version}.`);
  console.error(
    "In a checkout, `npm ci` brings its own: use `npm start` or `npx accolade`. Elsewhere, install Node.js 24.",
  );
  process.exit(1);
}
// what Node.js has compiled once it need not compile at the next start
module.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/accolade", import.meta.url)));
const compiled = new URL("../dist/src/cli/accolade.js", import.meta.url);
const source = new URL("../src/cli/accolade.ts", import.meta.url);
const { main } = await import((existsSync(source) ? source : compiled).href);
await main(process.argv);
