import { describe, expect, test } from "@jest/globals";
import type { RawRequest } from "../../connectors/connector.ts";
import { hubspot } from "../../connectors/hubspot/index.ts";
import { decodeUri, signatureV3 } from "../../connectors/hubspot/signature.ts";
import { sign } from "../support/sign-hubspot.ts";

const example = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const docsUrl = "https://www.example.com/webhook_uri";
const singleQuotes = "{'example_field':'example_value'}";

/** HubSpot's own vectors (reference pages, Python, Ruby and Java samples), and one of ours for the decoding rule. */
const vectors = [
  {
    name: "v1, reference page",
    version: "v1",
    secret: example,
    method: "POST",
    url: docsUrl,
    body: '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
    signature: "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de",
  },
  {
    name: "v2, GET",
    version: "v2",
    secret: example,
    method: "GET",
    url: docsUrl,
    body: "",
    signature: "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
  },
  {
    name: "v2, POST",
    version: "v2",
    secret: example,
    method: "POST",
    url: docsUrl,
    body: '{"example_field":"example_value"}',
    signature: "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
  },
  {
    name: "v3, SDK test",
    version: "v3",
    secret: example,
    method: "POST",
    url: docsUrl,
    body: singleQuotes,
    timestamp: "1693657560000",
    signature: "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
  },
  {
    name: "v3, SDK test, another time",
    version: "v3",
    secret: example,
    method: "POST",
    url: docsUrl,
    body: singleQuotes,
    timestamp: "1700000300000",
    signature: "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=",
  },
  {
    name: "v3, Java sample",
    version: "v3",
    secret: "cfc68c0b-4b4e-4ef8-b764-95350e4ea479",
    method: "POST",
    url: "https://webhook.site/335453f5-94b3-49d9-b684-a55354d4b8df",
    body: '[{"eventId":531833541,"subscriptionId":3923621,"portalId":48807704,"appId":16111050,"occurredAt":1752613920733,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":138017612137,"changeFlag":"CREATED","changeSource":"CRM_UI","sourceId":"userId:76023669"}]',
    timestamp: "1752613922216",
    signature: "gbj1XPRvUt0noT7i7fXfTzOD4sLzQmf0VT28ZYq0EYg=",
  },
  {
    name: "v3, decoded escapes",
    version: "v3",
    secret: example,
    method: "POST",
    url: "https://crm.example.com/hooks/hubspot?next=https%3A%2F%2Fa.example%2Fb%3Fc%3D1&n=O%27Neil%20Co&x=%253A",
    body: "[]",
    timestamp: "1700000300000",
    signature: "wnXhIfYApxl/epOxqB97JDVUjq4aKG3eXh/GImq/qG0=",
  },
];
type Vector = (typeof vectors)[number];

const settingsOf = (input: object) => hubspot.settings.parse({ signatures: ["v1", "v2", "v3"], ...input });

const requestOf = ({ version, method, url, body, timestamp, signature }: Vector): RawRequest => {
  const headers: Record<string, string> =
    version === "v3"
      ? { "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp ?? "" }
      : { "x-hubspot-signature": signature, "x-hubspot-signature-version": version };
  return { method, url, rest: "", headers, body: Buffer.from(body) };
};
const nowOf = (vector: Vector) => new Date(Number(vector.timestamp ?? 1_700_000_300_000));

/** What `verify` says of the signature: the bodies of some vectors are not JSON, which is looked at only afterwards. */
const signatureHolds = (request: RawRequest, secret: string, now: Date): boolean => {
  const result = hubspot.verify(request, settingsOf({ clientSecret: secret }), now);
  if (!("refused" in result)) return true;
  expect([400, 401]).toContain(result.refused);
  return result.refused !== 401;
};

const changed = (text: string): string => {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}`;
};

describe.each(vectors)("$name", (vector) => {
  const request = requestOf(vector);
  const now = nowOf(vector);

  test("is taken", () => expect(signatureHolds(request, vector.secret, now)).toBe(true));

  test("with one byte of the secret changed is refused", () =>
    expect(signatureHolds(request, changed(vector.secret), now)).toBe(false));

  test("with one byte of the signature changed is refused", () =>
    expect(signatureHolds(requestOf({ ...vector, signature: changed(vector.signature) }), vector.secret, now)).toBe(
      false,
    ));

  test("with one byte of the body changed is refused", () => {
    const body = vector.body === "" ? "x" : changed(vector.body);
    expect(signatureHolds(requestOf({ ...vector, body }), vector.secret, now)).toBe(false);
  });

  test("with another URL, method or time is refused where the version covers them", () => {
    if (vector.version === "v1")
      return expect(signatureHolds({ ...request, url: "https://other" }, vector.secret, now)).toBe(true);
    expect(signatureHolds({ ...request, url: changed(vector.url) }, vector.secret, now)).toBe(false);
    expect(signatureHolds({ ...request, method: "PUT" }, vector.secret, now)).toBe(false);
    if (vector.timestamp === undefined) return;
    const timestamp = String(Number(vector.timestamp) + 1);
    expect(signatureHolds(requestOf({ ...vector, timestamp }), vector.secret, now)).toBe(false);
  });
});

test("only twelve escapes are decoded, in a single pass", () => {
  expect(decodeUri("https://a/b?u=https%3A%2F%2Fc%3Fd%40e&x=%253A&y=%20%26%3D%2B%25")).toBe(
    "https://a/b?u=https://c?d@e&x=%253A&y=%20%26%3D%2B%25",
  );
  expect(decodeUri("%21%24%27%28%29%2A%2C%3B")).toBe("!$'()*,;");
});

describe("the door", () => {
  const now = new Date("2026-11-23T09:00:00.000Z");
  const url = "https://rewards.example.com/webhooks/hubspot-main";
  const settings = { clientSecret: "dummy-secret" };
  const parsed = hubspot.settings.parse(settings);
  const at = (ms: number) => new Date(now.getTime() + ms);
  const signed = (
    body: string | Buffer,
    extra: { rest?: string; settings?: object; signedAt?: Date } = {},
  ): RawRequest => {
    const rest = extra.rest ?? "";
    const to = { method: "POST", url, rest, body, now: extra.signedAt ?? now };
    return { ...to, headers: sign(to, { ...settings, ...extra.settings }), body: Buffer.from(body) };
  };
  const answer = (request: RawRequest, as = parsed) => {
    const result = hubspot.verify(request, as, now);
    return "refused" in result ? result : result.format;
  };

  test("takes what HubSpot's own code signed", () => expect(answer(signed("[]"))).toBe("events"));

  test.each([
    ["five minutes old", -300_000, "events"],
    ["older", -300_001, { refused: 401, reason: "stale_timestamp" }],
    ["five minutes ahead", 300_000, "events"],
    ["further ahead", 300_001, { refused: 401, reason: "stale_timestamp" }],
  ])("a request that is %s", (_, ms, expected) => expect(answer(signed("[]", { signedAt: at(ms) }))).toEqual(expected));

  test.each(["", "NaN", "1.5", "1e12", "-1", " 1700000300000", "99999999999999999999"])(
    "a timestamp that is no whole number: %j",
    (timestamp) => {
      const request = signed("[]");
      const headers = { ...request.headers, "x-hubspot-request-timestamp": timestamp };
      expect(answer({ ...request, headers })).toEqual({ refused: 401, reason: "bad_timestamp" });
    },
  );

  test("a request with no signature at all", () =>
    expect(answer({ ...signed("[]"), headers: {} })).toEqual({ refused: 401, reason: "missing_signature" }));

  test("v1 is refused unless it is listed", () => {
    const request = signed("[]", { settings: { signatures: ["v1"] } });
    expect(answer(request)).toEqual({ refused: 401, reason: "signature_version_not_allowed" });
    expect(answer(request, hubspot.settings.parse({ ...settings, signatures: ["v3", "v1"] }))).toBe("events");
  });

  test("a v3 header decides alone: a good v1 beside a bad v3 does not help", () => {
    const both = hubspot.settings.parse({ ...settings, signatures: ["v3", "v1"] });
    const old = signed("[]", { settings: { signatures: ["v1"] } });
    const headers = {
      ...old.headers,
      "x-hubspot-signature-v3": "AAAA",
      "x-hubspot-request-timestamp": String(now.getTime()),
    };
    expect(answer({ ...old, headers }, both)).toEqual({ refused: 401, reason: "wrong_signature" });
  });

  test("while a secret is rotated, either signs", () => {
    const rotating = hubspot.settings.parse({ clientSecret: ["new-secret", "dummy-secret"] });
    expect(answer(signed("[]"), rotating)).toBe("events");
    expect(answer(signed("[]", { settings: { clientSecret: "new-secret" } }), rotating)).toBe("events");
    expect(answer(signed("[]", { settings: { clientSecret: "third" } }), rotating)).toMatchObject({ refused: 401 });
  });

  test.each([
    ["not JSON", "[{", "not_json"],
    ["not UTF-8", Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), "not_utf8"],
    ["too deep", "[".repeat(21) + "]".repeat(21), "too_deep"],
    ["not a list", "{}", "not_a_list"],
    ["too many events", `[${Array(1001).fill("{}").join()}]`, "too_many_events"],
  ])("a signed body that is %s", (_, body, reason) => {
    const result = answer(typeof body === "string" ? signed(body) : signedBytes(body));
    expect(result).toEqual({ refused: 400, reason });
  });
  // HubSpot's code signs text, so bytes that are no text are signed by ours.
  const signedBytes = (body: Buffer): RawRequest => {
    const text = signed("");
    const request = { ...text, body };
    return { ...request, headers: { ...text.headers, "x-hubspot-signature-v3": ownV3(request) } };
  };
  const ownV3 = (request: RawRequest) =>
    signatureV3("dummy-secret", request, request.headers["x-hubspot-request-timestamp"] ?? "");

  test("twenty levels and a thousand events are taken", () => {
    expect(answer(signed("[".repeat(20) + "]".repeat(20)))).toBe("events");
    expect(answer(signed(`[${Array(1000).fill("{}").join()}]`))).toBe("events");
  });

  test("the workflow route exists only where it is configured, and takes v2 only", () => {
    const workflow = hubspot.settings.parse({ ...settings, workflow: { kind: "deal" } });
    const request = signed("{}", { rest: "workflow" });
    expect(answer(request)).toEqual({ refused: 404, reason: "unknown_path" });
    expect(answer(request, workflow)).toBe("workflow");
    expect(answer({ ...request, body: Buffer.from("{ }") }, workflow)).toMatchObject({ refused: 401 });
    expect(answer(signed("[]", { rest: "workflow" }), workflow)).toEqual({ refused: 400, reason: "not_an_object" });
    expect(answer(signed("[]", { rest: "other" }), workflow)).toEqual({ refused: 404, reason: "unknown_path" });
    const v1 = { ...request, headers: { ...request.headers, "x-hubspot-signature-version": "v1" } };
    expect(answer(v1, workflow)).toEqual({ refused: 401, reason: "signature_version_not_allowed" });
  });
});
