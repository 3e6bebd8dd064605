/** `POST /webhooks/{connection}[/{rest}]`: the raw bytes to `accept`, its answer back. Nothing else happens on the request. */
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from "express";
import type { RawRequest } from "../../connectors/connector.ts";
import type { HttpParts } from "./parts.ts";
import { plain } from "./plain.ts";

const FIVE_MB = 5 * 1024 * 1024;
/** When to come back, in seconds: to a database that is away, and to one that has too much to do. */
const AWAY_S = 5;
const OVERLOADED_S = 30;

/** What a sender is told. Nothing that helps to guess. */
const told: Readonly<Record<number, string>> = {
  400: "bad request",
  401: "unauthorised",
  404: "not found",
  405: "method not allowed",
  413: "too large",
  415: "unsupported encoding",
};

export const webhooks = (parts: HttpParts): Router => {
  const router = express.Router({ caseSensitive: true });
  const { telemetry, log } = parts;

  const refuse = (response: Response, connection: string, status: number, reason: string) => {
    telemetry.webhook(connection, reason);
    log.seldom(`webhook ${connection} ${reason}`, "webhook refused", { connection, reason, status });
    plain(response, status, told[status] ?? "refused");
  };

  const putOff = (response: Response, connection: string, outcome: "away" | "overloaded", seconds: number) => {
    telemetry.webhook(connection, outcome);
    log.seldom(`webhook ${connection} ${outcome}`, "webhook put off", { connection, status: 503, reason: outcome });
    response.set("Retry-After", String(seconds));
    plain(response, 503, "try again");
  };

  router.all("/:connection{/*rest}", (request, response, next) => {
    const connection = request.params.connection;
    // before the body is read; and a made-up name must not become a label of its own in the metrics
    if (!parts.hasConnection(connection)) return refuse(response, "unknown", 404, "unknown_connection");
    if (request.method !== "POST") {
      response.set("Allow", "POST");
      return refuse(response, connection, 405, "method");
    }
    if (parts.full?.()) return putOff(response, connection, "overloaded", OVERLOADED_S);
    next();
  });

  router.post(
    "/:connection{/*rest}",
    express.raw({ type: () => true, limit: parts.bodyLimit ?? FIVE_MB, inflate: true }),
    async (request, response) => {
      const { connection } = request.params;
      const started = performance.now();
      const accepted = await parts.accept(connection, rawRequest(parts.publicUrl, request));
      telemetry.stepTook("accept", performance.now() - started);
      if ("refused" in accepted) return refuse(response, connection, accepted.refused, accepted.reason);
      if ("away" in accepted) return putOff(response, connection, "away", AWAY_S);
      telemetry.webhook(connection, "accepted");
      response.status(accepted.status);
      // not express' own `set`, which adds a charset
      if (accepted.body !== "") response.setHeader("Content-Type", accepted.contentType);
      response.end(accepted.body);
    },
  );

  const unreadable: ErrorRequestHandler = (error, request, response, next) => {
    const status = unreadableStatus(error);
    if (status === undefined || response.headersSent) return next(error);
    const connection = connectionOf(request.path);
    refuse(response, parts.hasConnection(connection) ? connection : "unknown", status, reasons[status] ?? "body");
  };
  router.use(unreadable);
  return router;
};

const reasons: Readonly<Record<number, string>> = { 413: "too_large", 415: "encoding" };

/** What express' body reader says of a body that it would not or could not read; undefined for a fault of ours. */
const unreadableStatus = (error: unknown): number | undefined => {
  if (!(error instanceof Error) || !("status" in error)) return undefined;
  const { status } = error;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
};

const connectionOf = (path: string) => path.split("/")[1] ?? "";

const rawRequest = (publicUrl: string, request: Request<{ connection: string; rest?: string[] }>): RawRequest => ({
  method: request.method,
  url: publicUrl + request.originalUrl,
  rest: (request.params.rest ?? []).join("/").replace(/^\/+|\/+$/g, ""),
  headers: Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(", ")]),
  ),
  body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
});
