import { z } from "zod";
import type { Surroundings } from "../connector.ts";
import type { Cell } from "./cell.ts";
import { Stopped } from "./failure.ts";
import { logIn, Token } from "./log-in.ts";
import { sameOrg } from "./same-org.ts";
import type { ApiSettings } from "./settings.ts";
import { boundedTransport } from "./transport.ts";

export type Row = ReadonlyMap<string, Cell>;

export interface Session {
  /** All rows of a SOQL query; with `deleted`, also those in the recycle bin. Throws `Stopped`. */
  query(soql: string, options?: { deleted: boolean }): Promise<Row[]>;
  /** One call below `/services/data/v…`, with a JSON body; what it answered. Throws `Stopped`. */
  send(method: "POST" | "PATCH", path: string, body: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Signs in anew, whatever token is kept, and says for which organization. Throws `Stopped`. */
  signIn(): Promise<string>;
}

const Page = z.object({
  records: z.array(z.record(z.string(), z.unknown())),
  done: z.boolean().optional(),
  nextRecordsUrl: z.string().startsWith("/services/data/").optional(),
});

/** Salesforce gives up to 2,000 rows a page; more pages than this is no answer to a question about 100 records. */
const mostPages = 20;

/** Signs in at the first query, keeps the token in the vault, and signs in once more where it is no longer taken. */
export const openSession = (api: ApiSettings, orgId: string, around: Surroundings): Session => {
  let known: Token | null = null;

  const logInHere = async (): Promise<string> => {
    const token = await logIn(api, around.now());
    if (!sameOrg(token.organizationId, orgId)) {
      const detail = `The login belongs to organization ${token.organizationId}, and \`orgId\` names ${orgId}`;
      throw new Stopped({ failed: "unauthorised", detail });
    }
    return JSON.stringify(token);
  };
  const keep = async (change: (stored: string | null) => Promise<string>): Promise<Token> => {
    known = parseToken(await around.tokens.exclusively(change));
    if (!known) throw new Error("the token vault gave back something else than was put in");
    return known;
  };
  const token = async (refused: Token | null): Promise<Token> => {
    const usable = (one: Token | null) =>
      one !== null && one.accessToken !== refused?.accessToken && sameOrg(one.organizationId, orgId);
    if (known && usable(known)) return known;
    return keep(async (stored) => (stored !== null && usable(parseToken(stored)) ? stored : logInHere()));
  };
  const withToken = async <T>(act: (token: Token) => Promise<T>): Promise<T> => {
    const first = await token(null);
    try {
      return await act(first);
    } catch (error) {
      if (!(error instanceof Stopped) || error.failure.failed !== "unauthorised") throw error;
      return act(await token(first));
    }
  };

  return {
    query: (soql, options) => withToken((current) => fetchAll(api, current, soql, options?.deleted ?? false)),
    send: (method, path, body) =>
      withToken(async (current) => {
        const connection = await connect(api, current);
        const headers = { "content-type": "application/json" };
        return connection.request<unknown>({ method, url: path, body: JSON.stringify(body), headers });
      }),
    signIn: async () => (await keep(logInHere)).organizationId,
  };
};

const connect = async (api: ApiSettings, { instanceUrl, accessToken }: Token) => {
  const { Connection } = await import("jsforce");
  const connection = new Connection({ instanceUrl, accessToken, version: api.version });
  connection._transport = boundedTransport(api.timeoutMs);
  return connection;
};

const fetchAll = async (api: ApiSettings, token: Token, soql: string, deleted: boolean): Promise<Row[]> => {
  const connection = await connect(api, token);
  const rows: Row[] = [];
  let url: string | undefined = `/${deleted ? "queryAll" : "query"}?q=${encodeURIComponent(soql)}`;
  for (let pages = 0; url !== undefined; pages++) {
    const page = Page.safeParse(await connection.request<unknown>(url));
    if (!page.success || pages >= mostPages) {
      const detail = page.success ? `more than ${mostPages} pages` : "something else than rows";
      throw new Stopped({ failed: "unavailable", detail: `A query was answered with ${detail}` });
    }
    for (const record of page.data.records) rows.push(rowOf(record));
    url = page.data.nextRecordsUrl;
  }
  return rows;
};

const rowOf = (record: Readonly<Record<string, unknown>>): Row => {
  const row = new Map<string, Cell>();
  for (const [name, value] of Object.entries(record)) {
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      row.set(name, value);
    }
  }
  return row;
};

const parseToken = (text: string | null): Token | null => {
  try {
    return Token.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
};
