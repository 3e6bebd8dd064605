/** `/me/{token}`: GET looks and changes nothing, since scanners of links open them too; POST shows the reward. */
import { createHash } from "node:crypto";
import express, { type Request, type Response, type Router } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import QRCode from "qrcode";
import { isPersonToken } from "../pipeline/person-token.ts";
import { claimPage, isWebUrl } from "./claim-page.ts";
import { readDispute } from "./dispute-form.ts";
import { type Html, trusted } from "./html.ts";
import { notePage } from "./note-page.ts";
import { pagePolicy } from "./page.ts";
import type { Claim, HttpParts } from "./parts.ts";
import { person } from "./person.ts";
import { pushFiles } from "./push-files.ts";
import { languageCodes } from "./texts/index.ts";

const A_MINUTE = 60_000;

export const claims = (parts: HttpParts): Router => {
  const router = express.Router({ caseSensitive: true });

  const tooMany = (request: Request, response: Response) =>
    send(response, 429, notePage(languageOf(request), "tooManyTitle", "tooMany"));
  const common = {
    windowMs: A_MINUTE,
    handler: tooMany,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
  };
  // one link, opened again and again
  const perLink = rateLimit({
    ...common,
    limit: 30,
    keyGenerator: (request) => `${caller(request)} ${fingerprint(request)}`,
  });
  // one caller who tries links that do not exist
  const perCaller = rateLimit({ ...common, limit: 30, keyGenerator: caller, skipSuccessfulRequests: true });

  router.use(pushFiles());
  router.use("/:token", perCaller, perLink);

  const own = person(parts, send);
  router.use("/:token", (request, response, next) =>
    isPersonToken(request.params.token) ? own(request, response, next) : next(),
  );

  // words of a stranger, kept and read by people, or a mail to somebody: few are needed, and each costs something
  const perDispute = rateLimit({ ...common, windowMs: 10 * A_MINUTE, limit: 10, keyGenerator: fingerprint });

  // PUBLIC_URL may have a path of its own, which a proxy takes away before the request gets here
  const pageUrl = (token: string) => `${parts.publicUrl}/me/${encodeURIComponent(token)}`;
  const show = async (request: Request<{ token: string }>, response: Response, claim: Claim | undefined) => {
    if (!claim) return send(response, 404, notePage(languageOf(request), "notFoundTitle", "notFound"));
    const url = pageUrl(request.params.token);
    const asked = new URL(request.originalUrl, "http://path.of").searchParams.has("asked");
    send(response, 200, claimPage(claim, new URL(url).pathname, await qrOf(claim, url), { asked }));
  };
  router.get("/:token", async (request, response) => show(request, response, await parts.claim(request.params.token)));
  router.post("/:token/reveal", async (request, response) =>
    show(request, response, await parts.reveal(request.params.token)),
  );
  const form = express.urlencoded({ extended: false, limit: "16kb", parameterLimit: 10 });
  router.post("/:token/dispute", perDispute, form, async (request: Request<{ token: string }>, response) => {
    const { token } = request.params;
    const complaint = readDispute(request.body);
    const raised = complaint ? await parts.dispute(token, complaint) : { ok: false as const, why: "no_text" as const };
    const path = new URL(pageUrl(token)).pathname;
    // a reload after this sends nothing twice
    if (raised.ok) return response.redirect(303, `${path}#disputes`);
    const claim = raised.why === "not_found" ? undefined : await parts.claim(token);
    if (!claim || raised.why === "not_found") return show(request, response, undefined);
    const refilled = { why: raised.why, complaint: complaint ?? { what: "this", about: null, text: "" } } as const;
    send(response, 422, claimPage(claim, path, null, { refilled }));
  });
  router.post("/:token/page", perDispute, async (request: Request<{ token: string }>, response) => {
    const { token } = request.params;
    if (!(await parts.person.askForPage(token))) return show(request, response, undefined);
    response.redirect(303, `${new URL(pageUrl(token)).pathname}?asked#page`);
  });
  // the addresses that a reload after a form may be left with
  router.get(
    ["/:token/reveal", "/:token/dispute", "/:token/page"],
    (request: Request<{ token: string }>, response: Response) => {
      response.redirect(303, new URL(pageUrl(request.params.token)).pathname);
    },
  );
  return router;
};

const send = (response: Response, status: number, body: string, policy = pagePolicy) => {
  response
    .status(status)
    .set({
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy,
      "Cache-Control": "no-store",
      "X-Robots-Tag": "noindex, nofollow",
    })
    .end(body);
};

/** A picture of the link to use, or of this page: never of the code itself, which a stranger's camera could take. */
const qrOf = async (claim: Claim, pageUrl: string): Promise<Html | null> => {
  const { content } = claim;
  if (!content || content.kind === "points" || content.kind === "task") return null;
  const target = content.url !== undefined && isWebUrl(content.url) ? content.url : pageUrl;
  try {
    const svg = await QRCode.toString(target, { type: "svg", margin: 0, errorCorrectionLevel: "M" });
    return trusted(svg.replace("<svg ", '<svg aria-hidden="true" '));
  } catch {
    // more than a QR code holds: the link itself is on the page
    return null;
  }
};

const caller = (request: Request) => ipKeyGenerator(request.ip ?? "");
const fingerprint = (request: Request) =>
  createHash("sha256").update(String(request.params.token)).digest("base64url").slice(0, 16);
const languageOf = (request: Request) => request.acceptsLanguages(languageCodes) || "en";
