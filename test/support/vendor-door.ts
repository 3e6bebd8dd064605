/** The door of a stand-in vendor: an HTTP server on a port of this machine that can be made to fail in the usual ways. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Faults {
  /** What happens to the answer to a call that starts with `to`, once it was done. */
  after?: { to: string; fault: "hang" | "reset" | 500 } | undefined;
  /** Given as the answer to calls that start with `to`, which are then not processed. */
  instead?: ({ to: string } & Answer) | undefined;
}

export interface VendorDoor {
  url: string;
  /** `POST /orders`, … with the headers that came. */
  requests: { call: string; headers: IncomingMessage["headers"] }[];
  /** Changed as the test goes. */
  faults: Faults;
  close(): Promise<void>;
}

/** `signedIn`: whether these headers may call. `answer`: what the vendor does and says. */
export const openVendorDoor = async (vendor: {
  signedIn(headers: IncomingMessage["headers"]): boolean;
  refusal: Answer;
  answer(method: string, url: URL, body: unknown): Answer;
}): Promise<VendorDoor> => {
  const requests: VendorDoor["requests"] = [];
  const faults: Faults = {};
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const call = `${request.method} ${url.pathname}`;
    requests.push({ call, headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const reply = ({ status, body = {}, headers = {} }: Answer) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const { instead, after } = faults;
    if (instead && call.startsWith(instead.to)) return reply(instead);
    if (!vendor.signedIn(request.headers)) return reply(vendor.refusal);
    const text = Buffer.concat(chunks).toString("utf8");
    const given = vendor.answer(request.method ?? "", url, text === "" ? undefined : JSON.parse(text));
    if (after && call.startsWith(after.to) && given.status < 300) {
      if (after.fault === "hang") return;
      if (after.fault === "reset") return request.socket.resetAndDestroy();
      return reply({ status: 500, body: "Internal server error" });
    }
    reply(given);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
