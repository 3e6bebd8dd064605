/** Somebody who takes our Standard Webhooks: checks each with the package that receivers use, and answers as told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface Received {
  id: string;
  type: string;
  data: Record<string, unknown>;
  body: string;
  headers: IncomingHttpHeaders;
  /** Whether the package took it: it reads the clock of the machine. */
  verified: boolean;
}

export type Answer =
  | { status: number; headers?: Record<string, string>; text?: string }
  /** Takes it, and then does not answer. */
  | { does: "hang" | "reset" };

export interface WebhookReceiver {
  url: string;
  received: Received[];
  /** For the next requests, one each; afterwards, `usual`. */
  next: Answer[];
  usual: Answer;
  close(): Promise<void>;
}

export const startWebhookReceiver = async (secret: string): Promise<WebhookReceiver> => {
  const state: Pick<WebhookReceiver, "received" | "next" | "usual"> = {
    received: [],
    next: [],
    usual: { status: 204 },
  };
  const open = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString("utf8");
    const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> };
    state.received.push({
      id: String(request.headers["webhook-id"]),
      type,
      data,
      body,
      headers: request.headers,
      verified: verifies(secret, body, request.headers),
    });
    const answer = state.next.shift() ?? state.usual;
    if ("does" in answer) {
      if (answer.does === "reset") request.socket.resetAndDestroy();
      else open.add(response);
      return;
    }
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.text ?? "");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  });
};

const verifies = (secret: string, body: string, headers: IncomingHttpHeaders): boolean => {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};
