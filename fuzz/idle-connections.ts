/** How many connections that say nothing the server holds while it serves others, and what they cost. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { packageRoot } from "../src/package-root.ts";

const AT_ONCE = 200;

export const idleConnections = async (wanted: number): Promise<void> => {
  const door = fork(path.join(packageRoot, "test", "hostile", "door-process.ts"), { execArgv: [] });
  const [{ port }] = await once(door, "message");
  const used = async () => {
    door.send("used?");
    const [figures] = await once(door, "message");
    return figures as { highestMb: number };
  };
  const before = await used();
  const sockets: Socket[] = [];
  let refused = "";
  while (sockets.length < wanted && refused === "") {
    const opened = await Promise.allSettled(
      Array.from({ length: Math.min(AT_ONCE, wanted - sockets.length) }, async () => {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        socket.on("error", () => {});
        // what the server says at the end has to be read, or the end is not seen
        socket.resume();
        return socket;
      }),
    );
    for (const each of opened)
      if (each.status === "fulfilled") sockets.push(each.value);
      else refused = String(each.reason);
  }
  const started = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  const ms = Math.round(performance.now() - started);
  const after = await used();
  console.log(
    `${sockets.length} idle connections${refused && ` (then: ${refused})`}; /healthz answered ${answer.status} in ${ms} ms; ` +
      `memory at its highest ${before.highestMb.toFixed(0)} → ${after.highestMb.toFixed(0)} MB`,
  );
  await Promise.all(sockets.map((socket) => (socket.closed ? undefined : once(socket, "close"))));
  console.log("all of them were closed by the server when their time was over");
  door.disconnect();
  if (sockets.length < wanted) process.exitCode = 1;
};
