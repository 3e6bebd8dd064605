/** What every connector on the list keeps, shown on every one of its recorded samples. */
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { z } from "zod";
import type { Delivery, RawRequest, Unpacked, Verified } from "../../connectors/connector.ts";
import { type Connection, connectorById, connectors, type ListedConnector } from "../../connectors/index.ts";
import { CrmEvent } from "../../src/events.ts";
import { sign as signHubspot } from "../support/sign-hubspot.ts";
import { sign as signSalesforce } from "../support/sign-salesforce.ts";
import { sign as signWebhook, type ToSign } from "../support/sign-webhook.ts";

type Settings = Readonly<Record<string, unknown>>;
const signers: Readonly<Record<string, (request: ToSign, settings: Settings) => Record<string, string>>> = {
  hubspot: signHubspot,
  salesforce: signSalesforce,
  webhook: signWebhook,
};

const Fact = z.strictObject({
  kind: z.string().optional(),
  id: z.string().optional(),
  field: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});
const Sample = z.strictObject({
  describes: z.string().min(10),
  settings: z.record(z.string(), z.unknown()),
  rest: z.string(),
  contentType: z.string(),
  body: z.string().optional(),
  bodyFile: z.string().optional(),
  events: z.array(
    z.strictObject({
      type: z.string(),
      subject: z.strictObject({ kind: z.string(), id: z.string() }),
      facts: z.array(Fact),
    }),
  ),
  bad: z.int(),
});
type Sample = z.infer<typeof Sample> & { bytes: Buffer };

const now = new Date("2026-11-23T09:30:00.000Z");
const publicUrl = "https://accolade.example/webhooks/acme";

const samplesOf = (connector: string): [string, Sample][] => {
  const folder = path.resolve("connectors", connector, "samples");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const sample = Sample.parse(JSON.parse(readFileSync(path.join(folder, name), "utf8")));
      const bytes = sample.bodyFile ? readFileSync(path.join(folder, sample.bodyFile)) : Buffer.from(sample.body ?? "");
      return [name, { ...sample, bytes }];
    });
};

const open = (connector: string, settings: Settings): Connection => {
  const opened = connectorById(connector)?.open("acme", settings);
  if (!opened || "problems" in opened) throw new Error(`settings of ${connector}: ${JSON.stringify(opened)}`);
  return opened.connection;
};

const signed = (connector: string, sample: Sample, body: Buffer = sample.bytes): RawRequest => {
  const url = sample.rest === "" ? publicUrl : `${publicUrl}/${sample.rest}`;
  const sign = signers[connector];
  if (!sign) throw new Error(`test/support/sign-${connector}.ts is not used here`);
  const headers = sign({ method: "POST", url, rest: sample.rest, body, now }, sample.settings);
  return { method: "POST", url, rest: sample.rest, headers: { "content-type": sample.contentType, ...headers }, body };
};

/** The headers that carry the signature: what signing adds, apart from what describes the body. */
const signatureHeaders = (request: RawRequest) =>
  Object.keys(request.headers).filter((name) => !["content-type", "soapaction"].includes(name));

const isVerified = (answer: ReturnType<Connection["verify"]>): answer is Verified => !("refused" in answer);

const deliveryOf = (answer: Verified): Delivery => ({
  connection: "acme",
  format: answer.format,
  body: answer.body,
  receivedAt: now,
});

const accept = (connection: Connection, request: RawRequest): Unpacked[] => {
  const answer = connection.verify(request, now);
  if (!isVerified(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return connection.unpack(deliveryOf(answer));
};

/** Whatever was sent: a refusal, or a delivery whose parts are events in form or are bad. Throws nowhere. */
const survives = (connection: Connection, request: RawRequest) => {
  const answer = connection.verify(request, now);
  if (!isVerified(answer)) {
    expect([400, 401, 404]).toContain(answer.refused);
    return;
  }
  for (const part of connection.unpack(deliveryOf(answer))) {
    if ("event" in part) expect(CrmEvent.parse(part.event)).toEqual(part.event);
    else
      expect(part.bad).toEqual({
        key: expect.any(String),
        place: expect.any(String),
        found: expect.any(String),
        expected: expect.any(String),
      });
  }
};

/** All that holds for one sample of one connector. */
const judge = (id: string, connector: ListedConnector, sample: Sample) => {
  const connection = open(id, sample.settings);

  test("is verified and understood as recorded", () => {
    const parts = accept(connection, signed(id, sample));
    const events = parts.flatMap((part) => ("event" in part ? [part.event] : []));
    expect(events.map(({ type, subject }) => ({ type, subject }))).toEqual(
      sample.events.map(({ type, subject }) => ({ type, subject })),
    );
    for (const [index, expected] of sample.events.entries()) {
      const found = events[index]?.facts.map(({ kind, id: of, field, value }) => ({ kind, id: of, field, value }));
      const facts = expected.facts.map((fact) => ({ ...expected.subject, ...fact }));
      expect(found).toEqual(expect.arrayContaining(facts));
    }
    expect(parts.flatMap((part) => ("bad" in part ? [part.bad] : []))).toHaveLength(sample.bad);
  });

  test("sent twice, gives the same keys, each once", () => {
    const keysOf = () =>
      accept(connection, signed(id, sample)).map((part) => ("event" in part ? part.event.key : part.bad.key));
    expect(keysOf()).toEqual(keysOf());
    expect(new Set(keysOf()).size).toBe(keysOf().length);
  });

  test("gives the same events at any later moment of receipt", () => {
    const answer = connection.verify(signed(id, sample), now);
    if (!isVerified(answer)) throw new Error("refused");
    const later = { ...deliveryOf(answer), receivedAt: new Date(now.getTime() + 60_000) };
    const keys = (parts: Unpacked[]) => parts.map((part) => ("event" in part ? part.event.key : ""));
    expect(keys(connection.unpack(later))).toEqual(keys(connection.unpack(deliveryOf(answer))));
  });

  test("with one byte changed, is refused where it is signed, and does no harm where it is not", () => {
    const request = signed(id, sample);
    const isSigned = signatureHeaders(request).length > 0;
    for (let at = 0; at < request.body.length; at += Math.ceil(request.body.length / 60)) {
      const body = Buffer.from(request.body);
      body[at] = (body[at] ?? 0) ^ 1;
      if (isSigned)
        expect(connection.verify({ ...request, body }, now)).toEqual({ refused: 401, reason: expect.any(String) });
      else survives(connection, { ...request, body });
    }
  });

  const signature = signatureHeaders(signed(id, sample));
  for (const name of signature) {
    test(`without its header ${name}, is refused`, () => {
      const request = signed(id, sample);
      const answer = connection.verify({ ...request, headers: { ...request.headers, [name]: undefined } }, now);
      expect(answer).toEqual({ refused: 401, reason: expect.any(String) });
    });
  }

  test("for another secret, is refused", () => {
    const others = open(id, changeSecrets(sample.settings, connector.secrets));
    const answer = others.verify(signed(id, sample), now);
    expect(answer).toEqual({ refused: expect.any(Number), reason: expect.any(String) });
  });

  if (signature.some((name) => name.includes("timestamp"))) {
    test.each([-1, 1])("%i hour away from its time, is refused", (hours) => {
      const answer = connection.verify(signed(id, sample), new Date(now.getTime() + hours * 3_600_000));
      expect(answer).toEqual({ refused: 401, reason: expect.any(String) });
    });
  }

  test("cut short, empty or replaced by anything at all, never throws", () => {
    for (const body of [
      Buffer.alloc(0),
      Buffer.from("null"),
      Buffer.from("[]"),
      Buffer.from("{}"),
      Buffer.from([0xff, 0xfe]),
    ]) {
      survives(connection, signed(id, sample, body));
    }
    fc.assert(
      fc.property(fc.nat(sample.bytes.length), (length) =>
        survives(connection, signed(id, sample, sample.bytes.subarray(0, length))),
      ),
      { numRuns: 40 },
    );
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(anything, (body) => survives(connection, signed(id, sample, body))),
      { numRuns: 60 },
    );
  });

  test("understands any stored bytes without throwing", () => {
    const answer = connection.verify(signed(id, sample), now);
    if (!isVerified(answer)) throw new Error("refused");
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
      spoiled(sample.bytes),
    );
    fc.assert(
      fc.property(content, (body) => {
        for (const part of connection.unpack({ ...deliveryOf(answer), body })) {
          if ("event" in part) CrmEvent.parse(part.event);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("tells the integrator the URL", () => {
    expect(connection.setUp(publicUrl).some((line) => line.includes(publicUrl))).toBe(true);
  });

  test("is answered with a success", () => {
    const answer = connection.verify(signed(id, sample), now);
    if (!isVerified(answer)) throw new Error("refused");
    expect([200, 202, 204]).toContain(connection.answer(answer).status);
  });
};

/** The bytes with a piece cut out, doubled or overwritten. */
const spoiled = (bytes: Buffer) =>
  fc
    .tuple(fc.nat(bytes.length), fc.nat(40), fc.constantFrom("cut", "double", "overwrite"))
    .map(([from, length, how]) => {
      const piece = bytes.subarray(from, from + length);
      const middle =
        how === "cut"
          ? Buffer.alloc(0)
          : how === "double"
            ? Buffer.concat([piece, piece])
            : Buffer.alloc(piece.length, "9");
      return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(from + length)]);
    });

const Documented = z.strictObject({
  connections: z.record(z.string(), z.looseObject({ connector: z.string() })),
});

/** What an environment variable of a documentation page may hold, by its name. */
const exampleOf = (name: string): string => {
  if (/PRIVATE_KEY/.test(name)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return JSON.stringify(privateKey.export({ type: "pkcs8", format: "pem" })).slice(1, -1);
  }
  return /PATH/.test(name) ? "sample_path_secret_0123456789" : "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
};

/** Every property of a JSON Schema by its dotted name, and whether it is described. */
const propertiesOf = (schema: unknown, prefix = ""): Map<string, boolean> => {
  const found = new Map<string, boolean>();
  if (typeof schema !== "object" || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties" && typeof value === "object" && value !== null) {
      for (const [name, property] of Object.entries(value)) {
        found.set(prefix + name, typeof property === "object" && property !== null && "description" in property);
        for (const [inner, described] of propertiesOf(property, `${prefix}${name}.`)) found.set(inner, described);
      }
    } else if (["anyOf", "oneOf", "allOf"].includes(key) && Array.isArray(value)) {
      for (const option of value)
        for (const [name, described] of propertiesOf(option, prefix)) found.set(name, described);
    }
  }
  return found;
};

/** The settings with one character changed in every secret that is given, so that each still has its form. */
const changeSecrets = (settings: Settings, secrets: readonly string[]): Settings => {
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== "string") return value;
    const at = Math.floor(value.length / 2);
    const other = value[at] === "a" ? "b" : "a";
    return value.slice(0, at) + other + value.slice(at + 1);
  };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, secrets.includes(name) ? change(value) : value]),
  );
};

test("every connector has an id of its own, and can be found by it", () => {
  expect(new Set(connectors.map((connector) => connector.id)).size).toBe(connectors.length);
  for (const connector of connectors) expect(connectorById(connector.id)).toBe(connector);
  expect(connectorById("nobody")).toBeUndefined();
});

describe.each(connectors.map((connector) => [connector.id, connector] as const))("%s", (id, connector) => {
  const samples = samplesOf(id);

  test("has samples", () => expect(samples.length).toBeGreaterThan(0));

  test("is documented with settings that it takes", () => {
    const page = readFileSync(path.resolve("docs", `connect-${id}.md`), "utf8");
    const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
      .map(([, block = ""]) => block)
      .filter((block) => /^connections:/m.test(block));
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const { connections } = Documented.parse(parse(block.replaceAll(/\$\{(\w+)\}/g, (_, name) => exampleOf(name))));
      for (const { connector: name, ...settings } of Object.values(connections)) {
        expect([block, connectorById(name)?.open("acme", settings)]).toEqual([
          block,
          { connection: expect.anything() },
        ]);
      }
    }
  });

  test("says what each setting is for, and names its secrets as they are called", () => {
    const schema = z.toJSONSchema(connector.settings, { io: "input", unrepresentable: "any" });
    const properties = propertiesOf(schema);
    expect(properties.size).toBeGreaterThan(0);
    for (const [name, described] of properties) expect([name, described]).toEqual([name, true]);
    for (const secret of connector.secrets) expect([...properties.keys()]).toContain(secret);
  });

  test("refuses settings that it does not know, and says where", () => {
    const opened = connector.open("acme", { nonsense: true });
    expect(opened).toEqual({
      problems: expect.arrayContaining([{ at: expect.any(Array), message: expect.any(String) }]),
    });
    expect("connection" in connector.open("acme", null)).toBe(false);
  });

  for (const [name, sample] of samples) {
    describe(name, () => judge(id, connector, sample));
  }
});
