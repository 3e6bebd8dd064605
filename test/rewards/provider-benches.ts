/** What the provider suite runs over: a bench for each entry of `providerKinds`. */
import type { Database } from "../../src/db/sql.ts";
import type { ProviderBench } from "./benches/bench.ts";
import { codePoolBench } from "./benches/code-pool.ts";
import { giftbitBench } from "./benches/giftbit.ts";
import { manualBench } from "./benches/manual.ts";
import { plumBench } from "./benches/plum.ts";
import { pointsBench } from "./benches/points.ts";
import { tangoBench } from "./benches/tango.ts";
import { tremendousBench } from "./benches/tremendous.ts";

export { now, type ProviderBench, recipient, sealer } from "./benches/bench.ts";

export const benches: Record<string, (sql: Database) => Promise<ProviderBench>> = {
  points: pointsBench,
  "code-pool": codePoolBench,
  tremendous: tremendousBench,
  plum: plumBench,
  manual: manualBench,
  tango: tangoBench,
  giftbit: giftbitBench,
};
