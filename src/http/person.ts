/** `/me/p.…`: a recipient's own page. GET looks and changes nothing; each form posts to a path below it. */
import { createHash } from "node:crypto";
import express, { type Request, type Response, type Router } from "express";
import { rateLimit } from "express-rate-limit";
import { z } from "zod";
import { notePage } from "./note-page.ts";
import { scriptPolicy } from "./page.ts";
import { endedPage } from "./page-link-section.ts";
import type { HttpParts } from "./parts.ts";
import { erasePage, personPage, type Told } from "./person-page.ts";
import { readSettings } from "./settings-form.ts";
import { languageCodes } from "./texts/index.ts";

type WithToken = Request<{ token: string }>;
type Send = (response: Response, status: number, body: string, policy?: string) => void;

const Wish = z.object({
  offer: z.string().min(1).max(100),
  key: z.string().regex(/^[\w-]{1,200}$/),
});
const Device = z.object({
  endpoint: z.string().max(1_000),
  keys: z.object({ p256dh: z.string().regex(/^[\w-]{40,120}$/), auth: z.string().regex(/^[\w-]{16,40}$/) }),
});

const refusals = {
  no_offer: "meNoOffer",
  no_points: "meNoPoints",
  no_stock: "meOutOfStock",
  no_budget: "meNotNowAny",
} as const;

export const person = (parts: HttpParts, send: Send): Router => {
  const router = express.Router({ caseSensitive: true, mergeParams: true });
  const { person: own } = parts;
  const claims = new URL(`${parts.publicUrl}/me`).pathname;
  const pathOf = (request: WithToken) => `${claims}/${encodeURIComponent(request.params.token)}`;
  const language = (request: Request) => request.acceptsLanguages(languageCodes) || "en";
  const gone = (request: Request, response: Response) =>
    send(response, 404, notePage(language(request), "notFoundTitle", "notFound"));
  const show = async (request: WithToken, response: Response, status = 200, told: Told = {}) => {
    const page = await own.view(request.params.token);
    if (!page) return endOf(request, response);
    const { pushKey } = own;
    const body = personPage(page, { base: pathOf(request), claims, pushKey }, told);
    send(response, status, body, pushKey === undefined ? undefined : scriptPolicy);
  };

  const endOf = async (request: WithToken, response: Response) => {
    const ended = await own.ended(request.params.token);
    const asked = new URL(request.originalUrl, "http://path.of").searchParams.has("asked");
    if (!ended) return gone(request, response);
    send(response, 404, endedPage(ended, pathOf(request), asked));
  };

  // a person changes their mind a few times, a program does it without end
  const few = rateLimit({
    windowMs: 600_000,
    limit: 40,
    keyGenerator: (request) =>
      createHash("sha256").update(String(request.params.token)).digest("base64url").slice(0, 16),
    handler: (request, response) => send(response, 429, notePage(language(request), "tooManyTitle", "tooMany")),
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
  });
  const form = express.urlencoded({ extended: false, limit: "16kb", parameterLimit: 30 });
  const json = express.json({ limit: "8kb", strict: true });

  router.get("/", async (request: WithToken, response) => {
    const { searchParams } = new URL(request.originalUrl, "http://path.of");
    const done = (["taken", "saved"] as const).find((each) => searchParams.has(each));
    await show(request, response, 200, done ? { done } : {});
  });
  router.post("/redeem", few, form, async (request: WithToken, response) => {
    const wish = Wish.safeParse(request.body);
    const done = wish.success
      ? await own.redeem(request.params.token, wish.data)
      : ({ ok: false, why: "no_offer" } as const);
    // a reload after this takes nothing twice
    if (done.ok) return response.redirect(303, `${pathOf(request)}?taken`);
    if (done.why === "not_found") return gone(request, response);
    await show(request, response, 422, { refused: { title: "meNotTakenTitle", text: refusals[done.why] } });
  });
  router.post("/settings", few, form, async (request: WithToken, response) => {
    const read = readSettings(request.body);
    if (!read.ok)
      return show(request, response, 422, {
        refused: { title: "meNotSavedTitle", text: "meNotSaved" },
        ...(read.times ? { settings: read.times } : {}),
      });
    if (!(await own.keep(request.params.token, read.wanted))) return gone(request, response);
    response.redirect(303, `${pathOf(request)}?saved`);
  });
  router.post("/push", few, json, async (request: WithToken, response) => {
    const device = Device.safeParse(request.body);
    const kept = device.success
      ? await own.addDevice(request.params.token, { endpoint: device.data.endpoint, ...device.data.keys })
      : ({ ok: false, why: "not_a_push_service" } as const);
    response
      .set("Cache-Control", "no-store")
      .status(kept.ok ? 201 : kept.why === "not_found" ? 404 : 422)
      .json(kept);
  });
  router.post("/push/off", few, form, async (request: WithToken, response) => {
    if (!(await own.forgetDevices(request.params.token))) return gone(request, response);
    response.redirect(303, `${pathOf(request)}?saved`);
  });
  router.get("/data.json", async (request: WithToken, response) => {
    const data = await own.data(request.params.token);
    if (!data) return gone(request, response);
    response
      .set({ "Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="my-rewards.json"' })
      .type("json")
      .end(`${JSON.stringify(data, null, 2)}\n`);
  });
  router.get("/erase", async (request: WithToken, response) => {
    const page = await own.view(request.params.token);
    if (!page) return gone(request, response);
    send(response, 200, erasePage(page, pathOf(request)));
  });
  router.post("/erase", few, form, async (request: WithToken, response) => {
    const page = await own.view(request.params.token);
    if (!page) return gone(request, response);
    const sure = z.object({ sure: z.literal("yes") }).safeParse(request.body).success;
    if (!sure || !(await own.erase(request.params.token))) return send(response, 422, erasePage(page, pathOf(request)));
    send(response, 200, notePage(page.language, "meErasedTitle", "meErased"));
  });
  router.post("/page", few, async (request: WithToken, response) => {
    if (!(await own.askForPage(request.params.token))) return gone(request, response);
    response.redirect(303, `${pathOf(request)}?asked`);
  });
  // the addresses that a reload after a form may be left with
  router.get(["/redeem", "/settings", "/push/off", "/page"], (request: WithToken, response: Response) => {
    response.redirect(303, pathOf(request));
  });
  return router;
};
