/** A real Redis on a free port, without persistence, that a test can stop and start again on the same port. */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { freePort } from "./free-port.ts";
import { atHand, redisProgram } from "./parts-at-hand.ts";

/** Whether to test with Redis here. Without redis-server a developer's run goes on without; CI fails instead. */
export const redisAtHand = (): boolean => atHand(redisProgram, "redis-server");

export interface TestRedis {
  url: string;
  port: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });

/** Started, and stopped by `stop()`. `port`: to start it later on a port chosen now, see `start`. */
export const startRedis = async (): Promise<TestRedis> => {
  if (!redisProgram) throw new Error("redis-server is not installed");
  const program = redisProgram;
  const port = await freePort();
  let running: ChildProcess | undefined;
  const start = async () => {
    running = spawn(
      program,
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"],
      { stdio: "ignore" },
    );
    const deadline = Date.now() + 10_000;
    while (!(await answers(port))) {
      if (Date.now() > deadline) throw new Error("redis-server did not start within 10 s");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const stop = async () => {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, port, stop, start };
};
