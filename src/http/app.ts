/** The server's outside surface, from the parts that `main.ts` hands in. */
import { randomUUID } from "node:crypto";
import express, { type ErrorRequestHandler, type Express } from "express";
import helmet from "helmet";
import { api } from "./api/router.ts";
import { claims } from "./claims.ts";
import { frontPage } from "./front-page.ts";
import { notePage } from "./note-page.ts";
import { outboxPage } from "./outbox-page.ts";
import { outboxPolicy, pagePolicy } from "./page.ts";
import type { HttpParts } from "./parts.ts";
import { plain } from "./plain.ts";
import { probes } from "./probes.ts";
import { receipts } from "./receipts.ts";
import { languageCodes } from "./texts/index.ts";
import { unsubscribes } from "./unsubscribe.ts";
import { walls } from "./wall.ts";
import { webhooks } from "./webhooks.ts";

export const createApp = (parts: HttpParts): Express => {
  const app = express();
  app.set("trust proxy", parts.proxies ?? 0);
  app.set("query parser", false);
  app.set("etag", false);
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
      },
      referrerPolicy: { policy: "no-referrer" },
      // only a server that is reached by https may ask for it
      strictTransportSecurity: parts.publicUrl.startsWith("https:"),
      xFrameOptions: { action: "deny" },
    }),
  );

  app.use("/webhooks", webhooks(parts));
  app.use("/receipts", receipts(parts));
  app.use(probes(parts));
  app.use("/me", claims(parts));
  if (parts.wall) app.use("/wall", walls(parts.wall));
  app.use("/u", unsubscribes(parts));
  if (parts.corridor) app.use("/api", api(parts.corridor));

  const { outbox, publicUrl, workspaceName, docsUrl } = parts;
  if (outbox)
    app.get("/outbox", async (_request, response) => {
      const body = outboxPage(await outbox(), workspaceName);
      response.set({ "Content-Security-Policy": outboxPolicy, "Cache-Control": "no-store" }).type("html").end(body);
    });
  app.get("/", (_request, response) => {
    response.set("Content-Security-Policy", pagePolicy).type("html");
    response.end(frontPage({ publicUrl, workspaceName, docsUrl, sandbox: outbox !== undefined }));
  });
  app.use((_request, response) => plain(response, 404, "not found"));
  app.use(failed(parts));
  return app;
};

/** The last stop of every error. The caller gets a number to quote, the log what happened under the same number. */
const failed =
  ({ log }: HttpParts): ErrorRequestHandler =>
  (error, request, response, next) => {
    const status = statusOf(error);
    if (status === undefined) {
      const id = randomUUID().slice(0, 8);
      const cause = error instanceof Error ? error : new Error(String(error));
      log.error("request failed", { id, method: request.method, path: request.path, error: cause });
      // too late to say anything else: the connection is cut, which is an answer too
      if (response.headersSent) return next(error);
      response.status(500).set("Cache-Control", "no-store");
      if (request.accepts(["json", "html"]) !== "html") {
        const message = `Something went wrong on our side. The log says what, under ${id}.`;
        return void response.json({ error: "internal", id, message });
      }
      const language = request.acceptsLanguages(languageCodes) || "en";
      response.set("Content-Security-Policy", pagePolicy).type("html");
      return void response.end(notePage(language, "brokenTitle", "broken", { id }));
    }
    if (response.headersSent) return next(error);
    plain(response, status, status === 404 ? "not found" : "bad request");
  };

/** Express marks with a 4xx what the caller got wrong: a path that cannot be decoded. */
const statusOf = (error: unknown): number | undefined =>
  error instanceof Error &&
  "status" in error &&
  typeof error.status === "number" &&
  error.status >= 400 &&
  error.status < 500
    ? error.status
    : undefined;
