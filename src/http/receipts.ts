/** `/receipts/{channel or provider}`: the raw bytes to whoever verifies them, its answer back, once the rows are committed. */
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from "express";
import type { ReceiptRequest } from "../receipt.ts";
import type { HttpParts } from "./parts.ts";
import { plain } from "./plain.ts";

/** A bounce carries the mail that bounced; batches of events are smaller. */
const TWO_MB = 2 * 1024 * 1024;

/** What a sender is told. Nothing that helps to guess. */
const told: Readonly<Record<number, string>> = {
  400: "bad request",
  401: "unauthorised",
  404: "not found",
  405: "method not allowed",
  413: "too large",
  415: "unsupported encoding",
};

export const receipts = (parts: HttpParts): Router => {
  const router = express.Router({ caseSensitive: true });

  const refuse = (response: Response, status: number) => {
    // a vendor that is asked who it is may send its login only then (RFC 9110, 11.6.1)
    if (status === 401) response.set("WWW-Authenticate", 'Basic realm="receipts"');
    plain(response, status, told[status] ?? "refused");
  };

  router.all("/:name", (request, response, next) => {
    if (!parts.hasReceiver(request.params.name)) return refuse(response, 404);
    if (request.method === "POST" || request.method === "GET") return next();
    response.set("Allow", "GET, POST");
    refuse(response, 405);
  });
  router.all(
    "/:name",
    express.raw({ type: () => true, limit: TWO_MB, inflate: true }),
    async (request: Request<{ name: string }>, response) => {
      const received = await parts.receive(request.params.name, receiptRequest(parts.publicUrl, request));
      if ("away" in received) {
        response.set("Retry-After", "5");
        return plain(response, 503, "try again");
      }
      if ("refused" in received) return refuse(response, received.refused);
      response.status(200).set("Cache-Control", "no-store");
      if (received.answer) response.setHeader("Content-Type", received.answer.contentType);
      response.end(received.answer?.body ?? "");
    },
  );

  const unreadable: ErrorRequestHandler = (error, _request, response, next) => {
    const status = error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : 500;
    if (status < 400 || status >= 500 || response.headersSent) return next(error);
    refuse(response, status);
  };
  router.use(unreadable);
  return router;
};

const receiptRequest = (publicUrl: string, request: Request): ReceiptRequest => ({
  method: request.method,
  url: publicUrl + request.originalUrl,
  headers: Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(", ")]),
  ),
  body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
});
