/** `/wall/{token}`: a page for a television in the office, and the events that it follows. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import express, { type Request, type Response, type Router } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { packageRoot } from "../package-root.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { latestMoments, momentsAfter, numberMoments } from "../pipeline/wall.ts";
import { leaderboard, type WallSettings } from "../pipeline/wall-board.ts";
import { findWallLink, type WallLink, workingWallLinks } from "../pipeline/wall-links.ts";
import { notePage } from "./note-page.ts";
import { pagePolicy } from "./page.ts";
import { plain } from "./plain.ts";
import { languageCodes } from "./texts/index.ts";
import { wallPage, wallPolicy } from "./wall-page.ts";
import { createWallStreams } from "./wall-stream.ts";

const A_MINUTE = 60_000;
const FIRST = 7;

const files = { "wall.js": "text/javascript", "wall.css": "text/css" } as const;

export interface WallParts {
  corridor: Corridor;
  settings: WallSettings;
  /** Aborted when the server stops: streams never end by themselves. */
  stopping: AbortSignal;
}

export const walls = ({ corridor, settings, stopping }: WallParts): Router => {
  const { database, sealer, workspace, now, log } = corridor;
  const router = express.Router({ caseSensitive: true });
  const texts = Object.entries(files).map(
    ([name, type]) => [name, type, readFileSync(path.join(packageRoot, "public", name), "utf8")] as const,
  );
  const version = createHash("sha256")
    .update(texts.map(([, , text]) => text).join())
    .digest("hex")
    .slice(0, 16);
  const board = ({ team }: WallLink) => leaderboard(database, workspace, settings, { team, now: now() });
  const streams = createWallStreams(
    {
      head: () => numberMoments(corridor),
      after: (link, range) => momentsAfter(corridor, link, range),
      board,
      working: (ids) => workingWallLinks(database, ids),
    },
    { version, log },
  );
  stopping.addEventListener("abort", () => streams.close());

  for (const [name, type, text] of texts)
    router.get(`/${name}`, (_request, response) => {
      response.set({
        "Content-Type": `${type}; charset=utf-8`,
        "Cache-Control": "public, max-age=31536000, immutable",
      });
      response.end(text);
    });
  // whoever tries links that do not exist
  router.use(
    "/:token",
    rateLimit({
      windowMs: A_MINUTE,
      limit: 30,
      keyGenerator: (request) => ipKeyGenerator(request.ip ?? ""),
      requestWasSuccessful: (_request, response) => response.statusCode !== 404,
      skipSuccessfulRequests: true,
      standardHeaders: false,
      legacyHeaders: false,
      validate: false,
      handler: (_request, response) => plain(response, 429, "too many requests"),
    }),
  );
  const found = (request: Request<{ token: string }>) => findWallLink(database, sealer, request.params.token);

  router.get("/:token", async (request: Request<{ token: string }>, response: Response) => {
    response.set({ "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow" }).type("html");
    const link = await found(request);
    if (!link) {
      response.status(404).set("Content-Security-Policy", pagePolicy);
      return response.end(notePage(request.acceptsLanguages(languageCodes) || "en", "notFoundTitle", "notFound"));
    }
    const asked = new URL(request.originalUrl, "http://path.of").searchParams.get("theme");
    const head = await numberMoments(corridor);
    response.set("Content-Security-Policy", wallPolicy).end(
      wallPage({
        link,
        workspaceName: workspace.name,
        timeZone: workspace.timeZone,
        moments: await latestMoments(corridor, link, { upTo: head, most: FIRST }),
        board: await board(link),
        head,
        theme: asked === "dark" || asked === "light" ? asked : null,
        version,
      }),
    );
  });

  router.get("/:token/events", async (request: Request<{ token: string }>, response: Response) => {
    const link = await found(request);
    // what a browser takes as the end: it does not ask again by itself
    if (!link) return plain(response, 404, "not found");
    // the browser's own header counts what came over this connection, the query what the page had before it
    const query = new URL(request.originalUrl, "http://path.of").searchParams.get("after");
    const after = Math.max(
      ...[request.headers["last-event-id"], query].map((text) => (/^\d{1,15}$/.test(String(text)) ? Number(text) : 0)),
    );
    if (!streams.open(link, after, response)) plain(response, 503, "too many walls");
  });
  return router;
};
