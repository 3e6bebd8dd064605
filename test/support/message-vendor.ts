/** What the stand-ins for message vendors share: an HTTP server on loopback that can lose an answer in every way. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the vendor does with the next requests. All from `hang` on have taken the message before they go wrong. */
export type Mood =
  | "accept"
  | "badAddress"
  | "optedOut"
  | "wrongCredentials"
  | "limited"
  | "limitedFor7"
  | "refuseOddly"
  | "hang"
  | "reset"
  | "failAfter"
  | "garble";

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** In place of `body`, where the vendor does not speak JSON. */
  text?: string;
  /** False: only looked something up, so no mood goes wrong after it. Default: a POST that was answered with a 2xx. */
  taken?: boolean;
}

export interface VendorServer {
  url: string;
  setMood(mood: Mood): void;
  close(): Promise<void>;
}

/** `handle` checks a request as documented, records what it takes, and says what to answer. */
export const startVendor = async (
  handle: (request: IncomingMessage, body: string, mood: Mood, bytes: Buffer) => Answer,
): Promise<VendorServer> => {
  let mood: Mood = "accept";
  const answer = (request: IncomingMessage, bytes: Buffer, response: ServerResponse) => {
    const body = bytes.toString("utf8");
    const now = mood;
    const { status, body: json, headers, text, taken = true } = handle(request, body, now, bytes);
    if (request.method === "POST" && status < 300 && taken) {
      if (now === "hang") return;
      if (now === "reset") return void request.socket.resetAndDestroy();
      if (now === "failAfter")
        return void response.writeHead(500, { "content-type": "text/html" }).end("<h1>oops</h1>");
      if (now === "garble") return void response.writeHead(status).end("<html>");
    }
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text ?? JSON.stringify(json));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setMood(next) {
      mood = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
