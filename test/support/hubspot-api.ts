// A stand-in for HubSpot's CRM API: the documented paths over real HTTP, with its refusals.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Kind = "deals" | "contacts" | "companies";
interface Version {
  value: string;
  timestamp: string;
}
interface StoredRecord {
  createdAt: string;
  updatedAt: string;
  /** Newest first, as HubSpot answers. */
  history: Record<string, Version[]>;
}
interface StoredOwner {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  updatedAt: string;
  archived: boolean;
  team?: string;
}
interface Call {
  method: string;
  path: string;
  authorization: string;
  body: unknown;
}
/** What a request gets instead of its answer. `half`: every second record is left out. */
type Trouble =
  | { status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | { does: "hang" | "reset" | "half" }
  /** Does what it was asked, and loses the answer. */
  | { after: "hang" | "reset" | 500 };

export const tenSecondly = {
  status: 429,
  body: {
    status: "error",
    message: "You have reached your ten_secondly_rolling limit.",
    errorType: "RATE_LIMIT",
    correlationId: "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
    policyName: "TEN_SECONDLY_ROLLING",
  },
} as const;
export const daily = { status: 429, body: { ...tenSecondly.body, policyName: "DAILY" } } as const;
export const noScope = (scope: string) => ({
  status: 403,
  body: {
    status: "error",
    message: "This app hasn't been granted all required scopes to make this call.",
    correlationId: "5b2a8d2c-7b43-4d5e-9c53-5a0f3c1a9c11",
    category: "MISSING_SCOPES",
    errors: [
      { message: "One or more of the following scopes are required.", context: { requiredGranularScopes: [scope] } },
    ],
  },
});

/** The pipelines of a small account: the default one, and one whose won stage has a number for an id. */
const pipelines = [
  {
    id: "default",
    label: "Sales Pipeline",
    stages: [
      {
        id: "appointmentscheduled",
        label: "Appointment Scheduled",
        metadata: { isClosed: "false", probability: "0.2" },
      },
      { id: "qualifiedtobuy", label: "Qualified To Buy", metadata: { isClosed: "false", probability: "0.4" } },
      { id: "closedwon", label: "Closed Won", metadata: { isClosed: "true", probability: "1.0" } },
      { id: "closedlost", label: "Closed Lost", metadata: { isClosed: "true", probability: "0.0" } },
    ],
  },
  {
    id: "77001",
    label: "Partners",
    stages: [
      { id: "99100", label: "Talking", metadata: { isClosed: "false", probability: "0.5" } },
      { id: "99101", label: "Signed", metadata: { isClosed: "true", probability: "1.0" } },
    ],
  },
];

export interface HubSpotApi {
  url: string;
  calls: Call[];
  /** Sets properties of a record from a moment on, as a person would; the record begins with the first such moment. */
  put(kind: Kind, id: string, at: string, properties: Record<string, string>): void;
  remove(kind: Kind, id: string): void;
  tie(deal: string, kind: "contacts" | "companies", id: string, primary?: boolean): void;
  untie(deal: string, kind: "contacts" | "companies", id: string): void;
  owner(owner: StoredOwner): void;
  pipelines: typeof pipelines;
  /** The next requests whose path holds `path` meet these troubles, one each. */
  trouble(path: string, ...troubles: Trouble[]): void;
  /** Tokens that are taken now. Begins with `pat-dummy`. */
  tokens: Set<string>;
  /** How OAuth answers: the refresh tokens it takes, and how long its access tokens live. */
  oauth: { clientId: string; clientSecret: string; refreshTokens: Set<string>; expiresIn: number; refreshes: number };
  hubId: number;
  notes: { id: string; to: { kind: "deals" | "contacts"; id: string }; body: string; timestamp: string }[];
  /** Properties that somebody made, beside HubSpot's own. */
  madeProperties: Set<string>;
  /** What was changed through the API, as the account's webhooks would tell of it. */
  changes: { kind: "deals" | "contacts"; id: string; property: string; value: string; at: number }[];
  close(): Promise<void>;
}

export const startHubSpotApi = async (): Promise<HubSpotApi> => {
  const records: Record<Kind, Map<string, StoredRecord>> = {
    deals: new Map(),
    contacts: new Map(),
    companies: new Map(),
  };
  const ties = new Map<string, { id: string; primary: boolean }[]>();
  const owners = new Map<string, StoredOwner>();
  const troubles: { path: string; trouble: Trouble }[] = [];

  const api: HubSpotApi = {
    url: "",
    calls: [],
    put: (kind, id, at, properties) => {
      const record = records[kind].get(id) ?? { createdAt: at, updatedAt: at, history: {} };
      records[kind].set(id, record);
      if (at > record.updatedAt) record.updatedAt = at;
      for (const [name, value] of Object.entries(properties)) {
        const versions = [{ value, timestamp: at }, ...(record.history[name] ?? [])];
        record.history[name] = versions.sort((a, b) => b.timestamp.localeCompare(a.timestamp));
      }
    },
    remove: (kind, id) => void records[kind].delete(id),
    tie: (deal, kind, id, primary = false) =>
      void ties.set(`${deal}/${kind}`, [...(ties.get(`${deal}/${kind}`) ?? []), { id, primary }]),
    untie: (deal, kind, id) =>
      void ties.set(
        `${deal}/${kind}`,
        (ties.get(`${deal}/${kind}`) ?? []).filter((tie) => tie.id !== id),
      ),
    owner: (owner) => void owners.set(owner.id, owner),
    pipelines: structuredClone(pipelines),
    trouble: (path, ...list) => void troubles.push(...list.map((trouble) => ({ path, trouble }))),
    tokens: new Set(["pat-dummy"]),
    oauth: {
      clientId: "client-1",
      clientSecret: "secret-1",
      refreshTokens: new Set(["refresh-1"]),
      expiresIn: 1800,
      refreshes: 0,
    },
    hubId: 62515,
    notes: [],
    madeProperties: new Set(),
    changes: [],
    close: async () => {},
  };

  const server = createServer(async (request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const text = await textOf(request);
    const type = request.headers["content-type"] ?? "";
    const body: unknown = type.includes("urlencoded")
      ? Object.fromEntries(new URLSearchParams(text))
      : text === ""
        ? null
        : JSON.parse(text);
    const authorization = request.headers.authorization ?? "";
    api.calls.push({ method: request.method ?? "", path, authorization, body });

    const next = troubles.findIndex((one) => path.includes(one.path));
    const trouble = next < 0 ? undefined : troubles.splice(next, 1)[0]?.trouble;
    if (trouble && "does" in trouble && trouble.does === "hang") return;
    if (trouble && "does" in trouble && trouble.does === "reset") return void request.socket.destroy();
    if (trouble && "status" in trouble) {
      response.writeHead(trouble.status, {
        "content-type": trouble.text ? "text/html" : "application/json",
        ...trouble.headers,
      });
      return void response.end(trouble.text ?? JSON.stringify(trouble.body ?? { status: "error", message: "trouble" }));
    }
    if (trouble && "after" in trouble) {
      if (trouble.after === "hang") response.end = () => response;
      else if (trouble.after === "reset") response.end = cutting(request, response);
      else {
        const writeHead = response.writeHead.bind(response);
        response.writeHead = () => writeHead(500, { "content-type": "application/json" });
      }
      // the head would give the answer away
      if (trouble.after !== 500) response.writeHead = () => response;
    }
    const half = trouble !== undefined && !("after" in trouble);
    if (path === "/oauth/v3/token") return refresh(body, response);
    if (!api.tokens.has(authorization.replace("Bearer ", "")))
      return send(response, 401, {
        status: "error",
        message: "Authentication credentials not found.",
        category: "INVALID_AUTHENTICATION",
      });
    answer(`${request.method} ${path}`, path, searchParams, body, half, response);
  });

  const refresh = (body: unknown, response: ServerResponse) => {
    const form = body as Record<string, string>;
    const { clientId, clientSecret, refreshTokens, expiresIn } = api.oauth;
    if (form.grant_type !== "refresh_token" || form.client_id !== clientId || form.client_secret !== clientSecret)
      return send(response, 400, { status: "BAD_CLIENT_ID", message: "missing or unknown client id" });
    if (!refreshTokens.has(form.refresh_token ?? ""))
      return send(response, 400, { status: "BAD_REFRESH_TOKEN", message: "missing or invalid refresh token" });
    const token = `access-${++api.oauth.refreshes}`;
    api.tokens.add(token);
    send(response, 200, {
      access_token: token,
      refresh_token: form.refresh_token,
      expires_in: expiresIn,
      token_type: "bearer",
      hub_id: api.hubId,
      user_id: 1,
      scopes: ["crm.objects.deals.read"],
    });
  };

  const shown = (kind: Kind, id: string, asked: string[], withHistory: string[]) => {
    const record = records[kind].get(id);
    if (!record) return undefined;
    const properties: Record<string, string | null> = {
      createdate: record.createdAt,
      hs_lastmodifieddate: record.updatedAt,
      hs_object_id: id,
    };
    for (const name of [...asked, ...withHistory]) properties[name] ??= record.history[name]?.[0]?.value || null;
    const propertiesWithHistory = Object.fromEntries(
      withHistory.map((name) => [name, (record.history[name] ?? []).map((one) => ({ ...one, sourceType: "CRM_UI" }))]),
    );
    return {
      id,
      properties,
      ...(withHistory.length > 0 ? { propertiesWithHistory } : {}),
      createdAt: record.createdAt,
      updatedAt: record.updatedAt,
      archived: false,
    };
  };

  const answer = (
    call: string,
    path: string,
    search: URLSearchParams,
    body: unknown,
    half: boolean,
    response: ServerResponse,
  ) => {
    const batch = /^POST \/crm\/v3\/objects\/(deals|contacts|companies)\/batch\/read$/.exec(call);
    if (batch) {
      const kind = batch[1] as Kind;
      const input = body as { inputs: { id: string }[]; properties?: string[]; propertiesWithHistory?: string[] };
      const { inputs, properties = [], propertiesWithHistory = [] } = input;
      const most = propertiesWithHistory.length > 0 ? 50 : 100;
      if (inputs.length > most)
        return send(response, 400, {
          status: "error",
          message: `The maximum number of inputs supported in a batch request for property histories is ${most}. Please reduce the number of items and try again`,
          category: "VALIDATION_ERROR",
        });
      if (inputs.some(({ id }) => !/^\d+$/.test(id)))
        return send(response, 400, { status: "error", message: "Invalid object id", category: "VALIDATION_ERROR" });
      const wanted = inputs.filter((_, index) => !half || index % 2 === 0);
      const results = wanted.flatMap(({ id }) => shown(kind, id, properties, propertiesWithHistory) ?? []);
      const found = new Set(results.map(({ id }) => id));
      const lost = inputs.map(({ id }) => id).filter((id) => !found.has(id));
      const error = {
        status: "error",
        category: "OBJECT_NOT_FOUND",
        message: "Could not get some objects, they may be deleted or not exist.",
        context: { ids: lost },
      };
      const times = { status: "COMPLETE", startedAt: "2026-11-01T00:00:00Z", completedAt: "2026-11-01T00:00:00Z" };
      if (lost.length === 0) return send(response, 200, { ...times, results });
      return send(response, 207, { ...times, results, numErrors: 1, errors: [error] });
    }

    const edited = /^PATCH \/crm\/v3\/objects\/(deals|contacts)\/(\d+)$/.exec(call);
    if (edited) {
      const [, kind, id = ""] = edited as unknown as [string, "deals" | "contacts", string];
      const { properties } = body as { properties: Record<string, string> };
      if (!records[kind].has(id))
        return send(response, 404, { status: "error", category: "OBJECT_NOT_FOUND", message: "resource not found" });
      const unknown = Object.keys(properties).filter((name) => !api.madeProperties.has(name));
      if (unknown.length > 0)
        return send(response, 400, {
          status: "error",
          message: `Property values were not valid: [{"isValid":false,"error":"PROPERTY_DOESNT_EXIST","name":"${unknown[0]}"}]`,
          category: "VALIDATION_ERROR",
        });
      const now = Date.now();
      for (const [property, value] of Object.entries(properties))
        api.changes.push({ kind, id, property, value, at: now });
      api.put(kind, id, new Date(now).toISOString(), properties);
      return send(response, 200, shown(kind, id, Object.keys(properties), []));
    }
    if (call === "POST /crm/v3/objects/notes") {
      const { properties, associations = [] } = body as NoteInput;
      const [{ to, types } = { to: { id: "" }, types: [] }] = associations;
      const kind = { 214: "deals", 202: "contacts" }[types[0]?.associationTypeId ?? 0] as
        | "deals"
        | "contacts"
        | undefined;
      if (!properties.hs_timestamp || !kind || !records[kind].has(to.id))
        return send(response, 400, { status: "error", message: "invalid note", category: "VALIDATION_ERROR" });
      const id = String(90_001 + api.notes.length);
      const { hs_note_body: noteBody = "", hs_timestamp: timestamp } = properties;
      api.notes.push({ id, to: { kind, id: to.id }, body: noteBody, timestamp });
      return send(response, 201, { id, properties, createdAt: timestamp, updatedAt: timestamp, archived: false });
    }
    if (call === "POST /crm/v3/objects/notes/batch/read") {
      const { inputs } = body as { inputs: { id: string }[] };
      if (inputs.length > 100) return send(response, 400, { status: "error", category: "VALIDATION_ERROR" });
      const found = api.notes.filter((note) => inputs.some(({ id }) => id === note.id));
      const results = found.map(({ id, body: noteBody, timestamp }) => ({
        id,
        properties: { hs_note_body: noteBody },
        createdAt: timestamp,
        updatedAt: timestamp,
        archived: false,
      }));
      return send(response, 200, {
        status: "COMPLETE",
        startedAt: "2026-11-01T00:00:00Z",
        completedAt: "2026-11-01T00:00:00Z",
        results,
      });
    }
    const noted = /^POST \/crm\/v4\/associations\/(deals|contacts)\/notes\/batch\/read$/.exec(call);
    if (noted) {
      const { inputs } = body as { inputs: { id: string; after?: string }[] };
      const [{ id = "", after } = {}] = inputs;
      const all = api.notes.filter(({ to }) => to.kind === noted[1] && to.id === id);
      const from = Number(after ?? 0);
      const to = all.slice(from, from + 2).map((note) => ({
        toObjectId: Number(note.id),
        associationTypes: [{ category: "HUBSPOT_DEFINED", typeId: noted[1] === "deals" ? 213 : 201, label: null }],
      }));
      const paging =
        from + 2 < all.length
          ? { paging: { next: { after: String(from + 2), link: "http://169.254.169.254/elsewhere" } } }
          : {};
      const results = to.length === 0 ? [] : [{ from: { id }, to, ...paging }];
      return send(response, 200, {
        status: "COMPLETE",
        startedAt: "2026-11-01T00:00:00Z",
        completedAt: "2026-11-01T00:00:00Z",
        results,
      });
    }

    const associated = /^POST \/crm\/v4\/associations\/deals\/(contacts|companies)\/batch\/read$/.exec(call);
    if (associated) {
      const kind = associated[1] as "contacts" | "companies";
      const { inputs } = body as { inputs: { id: string; after?: string }[] };
      if (inputs.length > 1000) return send(response, 400, { status: "error", category: "VALIDATION_ERROR" });
      const pageSize = 2;
      const results = inputs.flatMap(({ id, after }) => {
        const all = ties.get(`${id}/${kind}`) ?? [];
        const from = Number(after ?? 0);
        const page = all.slice(from, from + pageSize);
        if (page.length === 0) return [];
        const unlabelled = { category: "HUBSPOT_DEFINED", typeId: kind === "contacts" ? 3 : 341, label: null };
        const primary = { category: "HUBSPOT_DEFINED", typeId: 5, label: "Primary" };
        const to = page.map((tie) => ({
          toObjectId: Number(tie.id),
          associationTypes: tie.primary ? [primary, unlabelled] : [unlabelled],
        }));
        const more = from + pageSize < all.length;
        return [{ from: { id }, to, ...(more ? { paging: { next: { after: String(from + pageSize) } } } : {}) }];
      });
      const none = inputs.filter(({ id }) => !results.some((result) => result.from.id === id));
      const errors = none.map(({ id }) => ({
        status: "error",
        category: "OBJECT_NOT_FOUND",
        subCategory: "crm.associations.NO_ASSOCIATIONS_FOUND",
        message: `No ${kind} is associated with deals ${id}.`,
        context: { fromObjectId: [id], fromObjectType: ["deals"], toObjectType: [kind] },
      }));
      const times = { status: "COMPLETE", startedAt: "2026-11-01T00:00:00Z", completedAt: "2026-11-01T00:00:00Z" };
      if (errors.length === 0) return send(response, 200, { ...times, results });
      return send(response, 207, { ...times, results, numErrors: errors.length, errors });
    }

    const listed = /^GET \/crm\/v3\/objects\/(deals|contacts|companies)$/.exec(call);
    if (listed) return send(response, 200, { results: [] });

    if (call === "GET /crm/v3/owners" || call === "GET /crm/v3/owners/") {
      const all = [...owners.values()].filter(({ archived }) => archived === (search.get("archived") === "true"));
      const from = Number(search.get("after") ?? 0);
      const limit = Math.min(2, Number(search.get("limit") ?? 100));
      const paging = from + limit < all.length ? { paging: { next: { after: String(from + limit) } } } : {};
      return send(response, 200, { results: all.slice(from, from + limit).map(owner), ...paging });
    }
    const oneOwner = /^GET \/crm\/v3\/owners\/(\d+)$/.exec(call);
    if (oneOwner) {
      const found = owners.get(oneOwner[1] ?? "");
      if (found && found.archived === (search.get("archived") === "true")) return send(response, 200, owner(found));
      return send(response, 404, { status: "error", category: "OBJECT_NOT_FOUND", message: "resource not found" });
    }

    if (call === "GET /crm/v3/pipelines/deals") {
      const stamp = {
        createdAt: "2020-01-01T00:00:00Z",
        updatedAt: "2020-01-01T00:00:00Z",
        archived: false,
        displayOrder: 0,
      };
      const results = api.pipelines.map((one) => ({
        ...stamp,
        ...one,
        stages: one.stages.map((stage) => ({ ...stamp, ...stage, writePermissions: "CRM_PERMISSIONS_ENFORCEMENT" })),
      }));
      return send(response, 200, { results });
    }
    if (call === "POST /oauth/v2/private-apps/get/access-token-info")
      return send(response, 200, { userId: 1, hubId: api.hubId, appId: 5, scopes: ["crm.objects.deals.read"] });
    send(response, 404, { status: "error", message: `no such path in this stand-in: ${path}` });
  };

  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api.close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return api;
};

interface NoteInput {
  properties: { hs_timestamp: string; hs_note_body?: string };
  associations?: { to: { id: string }; types: { associationTypeId: number }[] }[];
}

const owner = ({ team, ...stored }: StoredOwner) => ({
  ...stored,
  type: "PERSON",
  userId: 1000,
  createdAt: "2024-01-01T00:00:00.000Z",
  teams: team ? [{ id: "1", name: team, primary: true }] : [],
});

/** In place of the end of an answer: the connection breaks. */
const cutting = (request: IncomingMessage, response: ServerResponse) => () => {
  request.socket.resetAndDestroy();
  return response;
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json;charset=utf-8" });
  response.end(JSON.stringify(body));
};
