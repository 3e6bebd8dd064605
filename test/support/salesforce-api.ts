/**
 * Salesforce's token endpoint and query API, as far as we call them, over real HTTP: client credentials and JWT bearer,
 * SOQL of the form `SELECT … FROM … [WHERE key IN (…)] [LIMIT n]`, pages, the recycle bin, and the errors it documents.
 */
import { createPublicKey } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { jwtVerify } from "jose";

export type SalesforceRow = Record<string, string | number | boolean | null>;
/** What the next call gets instead of its answer; `reset` cuts the connection, `hang` never answers. */
export type Fault = { path: RegExp; times: number } & (
  | { status: number; body: unknown; headers?: Record<string, string> }
  | { reset: true }
  | { hang: true }
  | { halfway: true }
  /** Does what it was asked, and loses the answer. */
  | { after: "hang" | "reset" | 500 }
);

export interface SalesforceApi {
  loginUrl: string;
  /** Object → rows. A column that no row of the object has does not exist in this org. */
  tables: Record<string, SalesforceRow[]>;
  /** What was changed through the API, and when, as a flow of the org would see it. */
  changes: { object: string; id: string; at: string }[];
  /** Every call so far, in order: `POST /services/oauth2/token`, or `query SELECT …`, `queryAll SELECT …`. */
  calls: string[];
  faults: Fault[];
  /** No token given so far is taken any more. */
  expireTokens(): void;
  close(): Promise<void>;
}

interface Options {
  organizationId?: string;
  clientSecret?: string;
  /** PEM of the certificate's public key, for JWT bearer. */
  publicKey?: string;
  /** The moment by which assertions are judged. */
  now?: () => Date;
  pageSize?: number;
}

export const clientId = "3MVG9.sample_consumer_key";
export const username = "accolade@acme.example";
const version = "v66.0";

export const startSalesforceApi = async (options: Options = {}): Promise<SalesforceApi> => {
  const { organizationId = "00Dxx0000001gPLEAY", pageSize = 2000 } = options;
  const tokens = new Set<string>();
  const cursors = new Map<string, SalesforceRow[]>();
  let issued = 0;
  const api: Omit<SalesforceApi, "loginUrl" | "close"> = {
    tables: {},
    calls: [],
    changes: [],
    faults: [],
    expireTokens: () => tokens.clear(),
  };

  const token = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await bodyOf(request));
    const problem = await grantProblem(form, options);
    if (problem) return json(response, 400, problem);
    const accessToken = `${organizationId.slice(0, 15)}!token_${++issued}`;
    tokens.add(accessToken);
    const id = `https://login.salesforce.com/id/${organizationId}/005xx000001SvkBAAS`;
    return json(response, 200, {
      access_token: accessToken,
      instance_url: origin(),
      id,
      token_type: "Bearer",
      scope: "api",
    });
  };

  const query = (request: IncomingMessage, response: ServerResponse, url: URL) => {
    if (!tokens.has(request.headers.authorization?.replace("Bearer ", "") ?? "")) {
      return json(response, 401, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]);
    }
    const [, , , asked, call, cursor] = url.pathname.split("/");
    if (asked !== version)
      return json(response, 404, [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }]);
    const soql = url.searchParams.get("q") ?? "";
    api.calls.push(cursor ? `${call} more` : `${call} ${soql}`);
    const rows = cursor ? cursors.get(cursor) : select(api.tables, soql, call === "queryAll");
    if (!Array.isArray(rows))
      return json(response, 400, [rows ?? { errorCode: "INVALID_QUERY_LOCATOR", message: "?" }]);
    const rest = rows.slice(pageSize);
    if (rest.length === 0) return json(response, 200, { totalSize: rows.length, done: true, records: rows });
    const next = `01gxx-${cursors.size}`;
    cursors.set(next, rest);
    const nextRecordsUrl = `/services/data/${version}/query/${next}`;
    return json(response, 200, {
      totalSize: rows.length,
      done: false,
      nextRecordsUrl,
      records: rows.slice(0, pageSize),
    });
  };

  /** `sobjects/{object}` by POST, `sobjects/{object}/{id}` and `sobjects/{object}/{external id field}/{value}` by PATCH. */
  const write = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    if (!tokens.has(request.headers.authorization?.replace("Bearer ", "") ?? "")) {
      return json(response, 401, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]);
    }
    const [, , , , , object = "", key, value] = url.pathname.split("/").map(decodeURIComponent);
    api.calls.push(`${request.method} ${object}${key ? ` ${key}` : ""}`);
    const fields = JSON.parse(await bodyOf(request)) as SalesforceRow;
    const table = api.tables[object] ?? [];
    const wrong = Object.keys(fields).find((name) => !table.some((row) => name in row));
    if (wrong !== undefined)
      return json(response, 400, [
        { message: `No such column '${wrong}' on sobject of type ${object}`, errorCode: "INVALID_FIELD" },
      ]);
    const at = new Date().toISOString();
    if (request.method === "POST" || value !== undefined) {
      if (value !== undefined && !table.some((row) => key !== undefined && key in row))
        return json(response, 404, [
          { message: "Provided external ID field does not exist or is not accessible", errorCode: "NOT_FOUND" },
        ]);
      const tied = String(fields.WhatId ?? fields.WhoId ?? "");
      const target = [...(api.tables.Opportunity ?? []), ...(api.tables.Contact ?? [])].find((row) => row.Id === tied);
      if (!target || target.IsDeleted === true)
        return json(response, 400, [{ message: "entity is deleted", errorCode: "ENTITY_IS_DELETED", fields: [] }]);
      const known = value === undefined ? undefined : table.find((row) => row[key ?? ""] === value);
      if (known) Object.assign(known, fields);
      const id = String(known?.Id ?? `00Txx000004T${String(1_000 + table.length)}AA`);
      if (!known)
        table.push({ ...fields, ...(value === undefined ? {} : { [key ?? ""]: value }), Id: id, IsDeleted: false });
      return json(response, known ? 200 : 201, { id, success: true, errors: [], created: !known });
    }
    const row = table.find((each) => each.Id === key);
    if (!row || row.IsDeleted === true)
      return json(response, 404, [{ message: "entity is deleted", errorCode: "ENTITY_IS_DELETED", fields: [] }]);
    Object.assign(row, fields, { LastModifiedDate: at, SystemModstamp: at });
    api.changes.push({ object, id: key ?? "", at });
    response.writeHead(204).end();
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/services/oauth2/token") api.calls.push(`${request.method} ${url.pathname}`);
    const fault = api.faults.find(({ path, times }) => path.test(decodeURIComponent(url.href)) && times > 0);
    if (fault) {
      fault.times--;
      if ("hang" in fault) return;
      if ("reset" in fault) return void request.socket.destroy();
      if ("halfway" in fault) {
        response.writeHead(200, { "content-type": "application/json", "content-length": 1000 }).write('{"records":[');
        return void setImmediate(() => request.socket.destroy());
      }
      if (!("after" in fault)) return json(response, fault.status, fault.body, fault.headers);
      const { after } = fault;
      const { writeHead } = response;
      response.writeHead = ((...given: Parameters<typeof writeHead>) =>
        after === 500 ? writeHead.call(response, 500, given[1]) : response) as typeof writeHead;
      if (after === "hang") response.end = () => response;
      if (after === "reset")
        response.end = () => {
          request.socket.resetAndDestroy();
          return response;
        };
    }
    if (url.pathname === "/services/oauth2/token") return token(request, response);
    if (url.pathname.includes("/sobjects/")) return write(request, response, url);
    return query(request, response, url);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...api,
    loginUrl: origin(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};

const grantProblem = async (form: URLSearchParams, options: Options): Promise<object | null> => {
  const { clientSecret = "sample_consumer_secret", publicKey, now = () => new Date() } = options;
  if (form.get("client_id") !== clientId)
    return { error: "invalid_client_id", error_description: "client identifier invalid" };
  if (form.get("grant_type") === "client_credentials") {
    return form.get("client_secret") === clientSecret
      ? null
      : { error: "invalid_client", error_description: "invalid client credentials" };
  }
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer" || !publicKey) {
    return { error: "unsupported_grant_type", error_description: "grant type not supported" };
  }
  try {
    await jwtVerify(form.get("assertion") ?? "", createPublicKey(publicKey), {
      algorithms: ["RS256"],
      issuer: clientId,
      subject: username,
      audience: "https://login.salesforce.com",
      currentDate: now(),
      requiredClaims: ["exp"],
    });
    return null;
  } catch {
    return { error: "invalid_grant", error_description: "invalid assertion" };
  }
};

const select = (tables: SalesforceApi["tables"], soql: string, deletedToo: boolean): SalesforceRow[] | object => {
  const parsed = /^SELECT ([\w, ]+) FROM (\w+)(?: WHERE (\w+) IN \(([^)]*)\))?(?: LIMIT (\d+))?$/.exec(soql);
  if (!parsed) return { errorCode: "MALFORMED_QUERY", message: `unexpected token: ${soql}` };
  const [, list = "", from = "", key, ids, limit] = parsed;
  const table = tables[from];
  if (!table) return { errorCode: "INVALID_TYPE", message: `sObject type '${from}' is not supported.` };
  const columns = list.split(", ");
  const unknown = columns.find((column) => table.length > 0 && !table.some((row) => column in row));
  if (unknown) {
    return {
      errorCode: "INVALID_FIELD",
      message: `\n${soql}\n^\nERROR at Row:1:Column:8\nNo such column '${unknown}' on entity '${from}'.`,
    };
  }
  const wanted = ids?.split(",").map((quoted) => quoted.slice(1, 16));
  return table
    .filter((row) => deletedToo || row.IsDeleted !== true)
    .filter((row) => !key || wanted?.includes(String(row[key]).slice(0, 15)))
    .slice(0, limit === undefined ? undefined : Number(limit))
    .map((row) => ({
      attributes: { type: from } as never,
      ...Object.fromEntries(columns.map((column) => [column, row[column] ?? null])),
    }));
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json;charset=UTF-8", ...headers }).end(text);
};
