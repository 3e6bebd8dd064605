import { rm } from "node:fs/promises";
import type { EmbeddedPostgres } from "../../src/db/embedded-postgres.ts";
import { leftOut } from "./parts-at-hand.ts";

export default async () => {
  const { postgres, folder } = (
    globalThis as unknown as { accoladePostgres: { postgres: EmbeddedPostgres; folder: string } }
  ).accoladePostgres;
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
  for (const line of leftOut()) console.log(line);
};
