/** Starts a server and stops it gently. */
import { createServer, type RequestListener } from "node:http";

export interface Listening {
  port: number;
  /** Takes no more requests, answers those in flight, and resolves; what is not answered in `graceMs` is cut. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  host?: string;
  /** A request has to be here, body and all, within this time. Default 30 s. */
  requestTimeoutMs?: number;
  /** Its headers within this. Default 10 s. */
  headersTimeoutMs?: number;
}

/** Rejects where the port is taken or may not be used. Port 0: any free one. */
export const listen = async (app: RequestListener, port: number, options: ListenOptions = {}): Promise<Listening> => {
  const { requestTimeoutMs = 30_000, headersTimeoutMs = 10_000 } = options;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    // above the usual idle time of load balancers (60 s): they, not we, should end an idle connection
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
  });
  let closing = false;
  server.on("request", (request, response) => {
    if (closing) response.setHeader("Connection", "close");
    app(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close(graceMs) {
      closing = true;
      return new Promise((resolve) => {
        // a connection that was busy when we closed goes idle once it is answered
        const idle = setInterval(() => server.closeIdleConnections(), 50);
        const late = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(late);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
};
