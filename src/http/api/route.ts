/**
 * How a route of the admin API is declared: once, with its schemas. The same declaration checks what comes in and what goes
 * out, and is written into /api/openapi.json. To add a resource: a file here with its routes, and its line in `index.ts`.
 */
import { z } from "zod";
import type { Cell } from "../../csv.ts";
import type { Corridor } from "../../pipeline/corridor.ts";
import type { User, UserRole } from "../../users.ts";

/** What a caller did that cannot be done. `message` says what was found and what was expected. */
export interface ApiRefusal {
  status: 403 | 404 | 409 | 422;
  /** Short and stable, for programs: `not_found`. */
  error: string;
  message: string;
}

export interface Call<Path, Query, Body> {
  corridor: Corridor;
  user: User;
  path: Path;
  query: Query;
  body: Body;
}

export interface Table {
  heads: readonly string[];
  rows: readonly (readonly Cell[])[];
}

type Shape = z.ZodObject;

export interface Route {
  method: "get" | "post";
  /** Below /api/v1: `/approvals/{id}`. */
  path: string;
  /** One sentence for the reference. */
  summary: string;
  /** Whoever has one of these; admins may call every route. */
  roles: readonly UserRole[];
  params: Shape;
  query: Shape;
  /** Null: the route takes no body. */
  body: z.ZodType | null;
  /** Of the body; 64 kB where it says nothing. */
  bodyLimit?: string;
  answer: z.ZodType;
  /** The answer as a table, for who asks with `Accept: text/csv`. */
  csv?: (answer: unknown, query: unknown) => Table;
  /** Refusals of its own, beside those that every route has. */
  refusals: readonly ApiRefusal["status"][];
  handle(call: Call<unknown, unknown, unknown>): Promise<{ answer: unknown } | { refused: ApiRefusal }>;
}

interface Declared<Path extends Shape, Query extends Shape, Body extends z.ZodType, Answer extends z.ZodType> {
  method: Route["method"];
  path: string;
  summary: string;
  roles: readonly UserRole[];
  params?: Path;
  query?: Query;
  body?: Body;
  bodyLimit?: string;
  answer: Answer;
  csv?: (answer: z.output<Answer>, query: z.output<Query>) => Table;
  refusals?: readonly ApiRefusal["status"][];
  handle(
    call: Call<z.output<Path>, z.output<Query>, z.output<Body>>,
  ): Promise<{ answer: z.input<Answer> } | { refused: ApiRefusal }>;
}

export const defineRoute = <
  Answer extends z.ZodType,
  Path extends Shape = z.ZodObject<Record<never, never>>,
  Query extends Shape = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodNull,
>(
  declared: Declared<Path, Query, Body, Answer>,
): Route => ({
  refusals: [],
  ...(({ csv: _, ...rest }) => rest)(declared),
  params: declared.params ?? z.strictObject({}),
  query: declared.query ?? z.strictObject({}),
  body: declared.body ?? null,
  // the router parses every part with the schemas above before it calls
  ...(declared.csv ? { csv: declared.csv as unknown as NonNullable<Route["csv"]> } : {}),
  handle: declared.handle as unknown as Route["handle"],
});

export const refused = (status: ApiRefusal["status"], error: string, message: string): { refused: ApiRefusal } => ({
  refused: { status, error, message },
});
