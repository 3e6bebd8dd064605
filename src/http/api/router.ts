/** `/api`: who calls, whether they may, whether what they sent is as declared; then the route, whose answer is checked too. */
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { z } from "zod";
import { csvText } from "../../csv.ts";
import type { Corridor } from "../../pipeline/corridor.ts";
import { type User, userWithToken } from "../../users.ts";
import { routes } from "./index.ts";
import { openApi } from "./openapi.ts";
import type { Route } from "./route.ts";

const A_MINUTE = 60_000;
const WRONG_TOKENS = 20;

export const api = (corridor: Corridor): Router => {
  const router = express.Router({ caseSensitive: true });
  const description = openApi(routes, `${corridor.publicUrl}/api/v1`);
  router.get("/openapi.json", (_request, response) => {
    response.json(description);
  });

  // whoever guesses waits, also with a guess that is right: or the limit would only slow down the wrong ones
  const wrongTokens = rateLimit({
    windowMs: A_MINUTE,
    limit: WRONG_TOKENS,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? ""),
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    skipSuccessfulRequests: true,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_request, response) =>
      refuse(response, 429, "too_many", "Found many requests with a wrong token, expected a right one in a minute."),
  });
  router.use("/v1", wrongTokens, (request, response, next) => {
    const user = userOf(corridor, request);
    response.set("Cache-Control", "no-store");
    if (user) {
      response.locals.user = user;
      return next();
    }
    response.set("WWW-Authenticate", "Bearer");
    const found = request.headers.authorization === undefined ? "no token" : "a token that nobody has";
    refuse(response, 401, "unauthorised", `Found ${found}, expected Authorization: Bearer <a token of accolade.yaml>.`);
  });
  const json = (limit: string) => express.json({ limit, strict: true, type: () => true });
  for (const { path, bodyLimit } of routes) if (bodyLimit) router.use(`/v1${path}`, json(bodyLimit));
  router.use("/v1", json("64kb"));
  for (const route of routes) {
    const path = `/v1${route.path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
    router[route.method](path, (request, response) => serve(corridor, route, request, response));
  }
  router.use((request, response) => {
    const asked = request.path.replace(/^\/v1/, "");
    const methods = routes.filter((route) => matches(route.path, asked)).map((route) => route.method.toUpperCase());
    if (methods.length === 0)
      return refuse(response, 404, "not_found", "Found no such path, expected one of /api/openapi.json.");
    response.set("Allow", methods.join(", "));
    refuse(response, 405, "method", `Found ${request.method}, expected ${methods.join(" or ")}.`);
  });
  router.use(unreadable);
  return router;
};

const userOf = ({ users }: Corridor, request: Request): User | undefined => {
  const [, token] = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(request.headers.authorization ?? "") ?? [];
  return token === undefined ? undefined : userWithToken(users, token);
};

const serve = async (corridor: Corridor, route: Route, request: Request, response: Response) => {
  const user = response.locals.user as User;
  if (!user.roles.has("admin") && !route.roles.some((role) => user.roles.has(role)))
    return refuse(
      response,
      403,
      "role",
      `Found ${[...user.roles].join(", ")}, expected ${[...new Set([...route.roles, "admin"])].join(" or ")}.`,
    );
  const sent = new URL(request.originalUrl, "http://path.of").searchParams;
  const twice = [...sent.keys()].find((key) => sent.getAll(key).length > 1);
  if (twice !== undefined) return refuse(response, 422, "query", `Found ${twice} twice, expected it once.`);
  const asked = Object.fromEntries(sent);
  const path = route.params.safeParse(request.params);
  const query = route.query.safeParse(asked);
  const body = route.body?.safeParse(request.body ?? {});
  for (const [part, from, read] of [
    ["path", request.params, path],
    ["query", asked, query],
    ["body", request.body ?? {}, body],
  ] as const)
    if (read && !read.success) return refuse(response, 422, part, inWords(part, from, read.error));
  const done = await route.handle({ corridor, user, path: path.data, query: query.data, body: body?.data });
  if ("refused" in done) {
    const { status, error, message } = done.refused;
    return refuse(response, status, error, message);
  }
  // what is not declared does not leave, and what is declared is there
  const answer = route.answer.parse(done.answer);
  if (!route.csv || request.accepts(["json", "csv"]) !== "csv") return response.json(answer);
  const { heads, rows } = route.csv(answer, query.data);
  response.type("text/csv").send(csvText(heads, rows));
};

const MOST_PROBLEMS = 20;

/** Names the places, what was found there and what was expected. Long values are not repeated. */
const inWords = (part: string, sent: unknown, error: z.ZodError): string =>
  flat(error.issues)
    .slice(0, MOST_PROBLEMS)
    .map(({ place, issue }) => {
      const at = [part, ...place].join(".");
      if (issue.code === "unrecognized_keys") return `${at}: found ${issue.keys.join(", ")}, expected no such key`;
      const expected = issue.message.replace(/^(Invalid|Too|Unrecognized)[^:]*: (?=expected )/, "");
      return `${at}: ${foundAt(sent, place)}${expected}`;
    })
    .join("; ");

type Place = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** Where one of several shapes was expected, the problems of the one that was meant: whose outermost kind is right. */
const flat = (issues: readonly Issue[], above: Place = []): { place: Place; issue: Issue }[] =>
  issues.flatMap((issue) => {
    const place = [...above, ...issue.path];
    const meant =
      issue.code === "invalid_union"
        ? issue.errors.find((own) => !own.some(({ code, path }) => code === "invalid_type" && path.length === 0))
        : undefined;
    return meant ? flat(meant, place) : [{ place, issue }];
  });

const foundAt = (sent: unknown, place: Place): string => {
  let value: unknown = sent;
  for (const key of place) {
    if (typeof value !== "object" || value === null) return "";
    value = Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  if (value === undefined) return "found nothing, ";
  if (typeof value === "object") return "";
  const text = JSON.stringify(value);
  return text.length <= 60 ? `found ${text}, ` : "";
};

const matches = (declared: string, asked: string): boolean =>
  new RegExp(`^${declared.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`).test(asked);

const refuse = (response: Response, status: number, error: string, message: string) => {
  response.status(status).set("Cache-Control", "no-store").json({ error, message });
};

/** What express' body reader says of a body that it would not or could not read. */
const unreadable: ErrorRequestHandler = (error, _request, response, next) => {
  const status = z.object({ status: z.number().int().min(400).max(499) }).safeParse(error).data?.status;
  if (status === undefined || response.headersSent) return next(error);
  if (status === 413) {
    const limit = z.object({ limit: z.number() }).safeParse(error).data?.limit ?? 65_536;
    return refuse(response, 413, "too_large", `Found a body over ${limit / 1_024} kB, expected a smaller one.`);
  }
  return refuse(response, 422, "body", "Found a body that is not JSON, expected a JSON object.");
};
