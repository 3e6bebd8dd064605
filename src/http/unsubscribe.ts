/** `/u/{token}`: POST stops mails at once (RFC 8058: no question, no redirect); GET shows a button and changes nothing. */
import express, { type Request, type Response, type Router } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { notePage } from "./note-page.ts";
import { pagePolicy } from "./page.ts";
import type { HttpParts } from "./parts.ts";
import { languageCodes } from "./texts/index.ts";
import { unsubscribePage } from "./unsubscribe-page.ts";

export const unsubscribes = (parts: HttpParts): Router => {
  const router = express.Router({ caseSensitive: true });
  // mailbox providers post for many people from few addresses: only guesses are counted
  const guesses = rateLimit({
    windowMs: 60_000,
    limit: 60,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? ""),
    skipSuccessfulRequests: true,
    handler: (request: Request, response: Response) =>
      send(response, 429, notePage(languageOf(request), "tooManyTitle", "tooMany")),
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
  });
  router.use("/:token", guesses);

  const form = express.urlencoded({ extended: false, limit: "4kb", parameterLimit: 10 });
  const pathOf = (token: string) => new URL(`${parts.publicUrl}/u/${encodeURIComponent(token)}`).pathname;
  const unknown = (request: Request, response: Response) =>
    send(response, 404, notePage(languageOf(request), "notFoundTitle", "unsubscribeUnknown"));

  router.get("/:token", async (request: Request<{ token: string }>, response) => {
    const seen = await parts.viewUnsubscribe(request.params.token);
    if (!seen) return unknown(request, response);
    send(response, 200, unsubscribePage(seen, pathOf(request.params.token), seen.stopped ? "stopped" : "asked"));
  });
  // a multipart form is taken as well, unread: it can only hold List-Unsubscribe=One-Click
  router.post("/:token", form, async (request: Request<{ token: string }>, response) => {
    const { all, again } = (request.body ?? {}) as Record<string, unknown>;
    const what = again === "1" ? "again" : all === "1" ? "all" : "kind";
    const done = await parts.unsubscribe(request.params.token, what);
    if (!done) return unknown(request, response);
    send(response, 200, unsubscribePage(done, pathOf(request.params.token), what === "again" ? "again" : "stopped"));
  });
  return router;
};

const send = (response: Response, status: number, body: string) => {
  response
    .status(status)
    .set({
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": pagePolicy,
      "Cache-Control": "no-store",
      "X-Robots-Tag": "noindex, nofollow",
    })
    .end(body);
};

const languageOf = (request: Request) => request.acceptsLanguages(languageCodes) || "en";
