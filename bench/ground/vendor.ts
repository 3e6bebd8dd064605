import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface VendorOrders {
  /** Key of each new order, and when its request arrived: milliseconds since 1970. */
  arrived: [key: string, at: number][];
  /** Requests with the key of an order that was there before. */
  repeated: number;
}

export interface Vendor {
  url: string;
  /** What came since this was asked last. */
  orders(): Promise<VendorOrders>;
  stop(): Promise<void>;
}

/** A provider's server, in a process of its own. */
export const startVendor = async (): Promise<Vendor> => {
  const child = fork(path.join(import.meta.dirname, "vendor-process.ts"));
  const ended = once(child, "exit");
  const told = async <Message>() => {
    const message = await Promise.race([once(child, "message") as Promise<[Message]>, ended.then(() => undefined)]);
    if (!message) throw new Error("the vendor's process ended without a word");
    return message[0];
  };
  const { port } = await told<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}`,
    async orders() {
      const answer = told<VendorOrders>();
      child.send("orders?");
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
};
