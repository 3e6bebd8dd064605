/** /api/openapi.json, from the same declarations that check what comes in and goes out. */
import { z } from "zod";
import type { Route } from "./route.ts";

type Schema = Record<string, unknown>;

/** What every refusal looks like. */
export const ErrorShape = z.object({
  error: z.string().describe("Short and stable, for programs"),
  message: z.string().describe("For people: what was found, and what was expected"),
});

const schemaOf = (declared: z.ZodType, io: "input" | "output"): Schema => {
  const { $schema: _, ...schema } = z.toJSONSchema(declared, { target: "draft-2020-12", io, unrepresentable: "any" });
  return schema;
};

const refusals: Readonly<Record<number, string>> = {
  401: "No token, or one that nobody has",
  403: "Your roles or groups do not allow it",
  404: "There is no such thing",
  409: "Somebody else was quicker: the message says who, or what became of it",
  413: "The body is too large",
  422: "Something in the request is not as expected: the message says what",
  429: "Too many requests with a wrong token",
};

/** OpenAPI 3.1. `server`: the base of the paths, `https://rewards.example.com/api/v1`. */
export const openApi = (routes: readonly Route[], server: string) => ({
  openapi: "3.1.1",
  info: {
    title: "Accolade",
    version: "1",
    description:
      "Approvals, grants, money, metrics, rules and their explanations. Every call carries a token of `users:` in accolade.yaml.",
  },
  servers: [{ url: server }],
  security: [{ token: [] }],
  paths: Object.fromEntries(
    [...new Set(routes.map((route) => route.path))].map((path) => [
      path,
      Object.fromEntries(
        routes.filter((route) => route.path === path).map((route) => [route.method, operation(route)]),
      ),
    ]),
  ),
  components: {
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
    schemas: { Error: schemaOf(ErrorShape, "output") },
  },
});

const operation = ({ method, path, summary, roles, params, query, body, answer, csv, refusals: own }: Route) => ({
  operationId: `${method} ${path}`
    .replaceAll(/[^a-z]+(\w)/gi, (_, letter: string) => letter.toUpperCase())
    .replaceAll("}", ""),
  summary,
  description: `For ${[...new Set(["admin", ...roles])].join(", ")}.`,
  parameters: [...parameters("path", params), ...parameters("query", query)],
  ...(body
    ? { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } } }
    : {}),
  responses: {
    200: {
      description: "Done",
      content: {
        "application/json": { schema: schemaOf(answer, "output") },
        ...(csv ? { "text/csv": { schema: { type: "string" } } } : {}),
      },
    },
    ...Object.fromEntries(
      [401, 403, ...own, ...(body ? [413] : []), 422, 429]
        .sort((a, b) => a - b)
        .map((status) => [
          status,
          {
            description: refusals[status] ?? "",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          },
        ]),
    ),
  },
});

const parameters = (where: "path" | "query", shape: z.ZodObject) => {
  const { properties = {}, required = [] } = schemaOf(shape, "input") as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
};
