/**
 * The server's HTTP door in a process of its own, whose memory and processor time are nobody else's. Says `{ port }`, and
 * answers any message with what it has used so far.
 */
import { createApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { testParts } from "../http/parts.ts";

const server = await listen(createApp(testParts()), 0, { host: "127.0.0.1" });
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  // kilobytes on every system that we run on
  process.send?.({ highestMb: process.resourceUsage().maxRSS / 1024, cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: server.port });
