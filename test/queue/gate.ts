/**
 * A door between a client and its server. Shut, it refuses new connections and cuts those that are open; frozen, it takes
 * them and lets nothing through, as a network does that swallows packets. Single connections can be reset as well.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Gate {
  port: number;
  shut(): Promise<void>;
  open(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Resets those of the open connections for which `chosen` says so, wherever in a conversation they are. */
  cut(chosen: () => boolean): void;
}

export const openGate = async (toPort: number): Promise<Gate> => {
  const sockets = new Set<Socket>();
  const insides = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  let frozen = false;
  const open = () =>
    new Promise<void>((resolve, reject) => {
      server = createServer((inside) => {
        const outside = connect(toPort, "127.0.0.1");
        insides.add(inside);
        inside.on("close", () => insides.delete(inside));
        for (const [one, other] of [
          [inside, outside],
          [outside, inside],
        ] as const) {
          sockets.add(one);
          one.pipe(other);
          if (frozen) one.pause();
          one.on("error", () => other.destroy());
          one.on("close", () => {
            sockets.delete(one);
            other.destroy();
          });
        }
      });
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server?.address();
        if (typeof address === "object" && address) port = address.port;
        resolve();
      });
    });
  await open();
  return {
    get port() {
      return port;
    },
    open,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    cut(chosen) {
      for (const socket of [...insides]) if (chosen()) socket.resetAndDestroy();
    },
    shut: () =>
      new Promise((resolve) => {
        server?.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
