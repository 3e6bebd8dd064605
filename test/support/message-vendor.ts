/** What the stand-ins for Twilio and Meta share: an HTTP server on loopback that can lose an answer in every way. */
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
}

export interface VendorServer {
  url: string;
  setMood(mood: Mood): void;
  close(): Promise<void>;
}

/** `handle` checks a request as documented, records what it takes, and says what to answer. */
export const startVendor = async (
  handle: (request: IncomingMessage, body: string, mood: Mood) => Answer,
): Promise<VendorServer> => {
  let mood: Mood = "accept";
  const answer = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const now = mood;
    const { status, body: json, headers } = handle(request, body, now);
    if (request.method === "POST" && status < 300) {
      if (now === "hang") return;
      if (now === "reset") return void request.socket.resetAndDestroy();
      if (now === "failAfter")
        return void response.writeHead(500, { "content-type": "text/html" }).end("<h1>oops</h1>");
      if (now === "garble") return void response.writeHead(status).end("<html>");
    }
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks).toString("utf8"), response));
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
