/** Each connector, behind a good signature: what a CRM in the hands of somebody else, or a broken one, sends. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { RawRequest } from "../../connectors/connector.ts";
import { type Connection, connectorById, connectors } from "../../connectors/index.ts";
import { packageRoot } from "../../src/package-root.ts";
import { sign as signHubspot } from "../../test/support/sign-hubspot.ts";
import { sign as signSalesforce } from "../../test/support/sign-salesforce.ts";
import { sign as signWebhook, type ToSign } from "../../test/support/sign-webhook.ts";
import { must, soundEvent, soundMoment, unpolluted } from "../sound.ts";
import type { Target } from "../target.ts";

type Settings = Readonly<Record<string, unknown>>;
interface Sample {
  settings: Settings;
  rest: string;
  contentType: string;
  body?: string;
  bodyFile?: string;
}

const signers: Readonly<Record<string, (request: ToSign, settings: Settings) => Record<string, string>>> = {
  hubspot: signHubspot,
  salesforce: signSalesforce,
  webhook: signWebhook,
};
const now = new Date("2026-11-23T09:30:00.000Z");
const publicUrl = "https://accolade.example/webhooks/acme";

const opened = (connector: string, settings: Settings): Connection => {
  const found = connectorById(connector)?.open("acme", settings);
  if (!found || "problems" in found) throw new Error(`settings of ${connector}: ${JSON.stringify(found)}`);
  return found.connection;
};

const unpack = (connection: Connection, request: RawRequest) => {
  const verified = connection.verify(request, now);
  if ("refused" in verified) {
    must([400, 401, 404].includes(verified.refused), `refused with ${verified.refused}`);
    return undefined;
  }
  const { format, body } = verified;
  return connection.unpack({ connection: "acme", format, body, receivedAt: now });
};

const read = (connector: string, sample: Sample, connection: Connection, good: Buffer, body: Buffer): void => {
  const sign = signers[connector];
  if (!sign) throw new Error(`test/support/sign-${connector}.ts is not used here`);
  const url = sample.rest === "" ? publicUrl : `${publicUrl}/${sample.rest}`;
  const request = (bytes: Buffer): RawRequest => {
    const headers = sign({ method: "POST", url, rest: sample.rest, body: bytes, now }, sample.settings);
    return {
      method: "POST",
      url,
      rest: sample.rest,
      headers: { "content-type": sample.contentType, ...headers },
      body,
    };
  };
  const parts = unpack(connection, request(body));
  if (parts) {
    const keys = parts.map((part) => ("event" in part ? part.event.key : part.bad.key));
    for (const part of parts) {
      if (!("event" in part)) continue;
      soundEvent(part.event);
      soundMoment(new Date(part.event.occurredAt));
      for (const { at } of part.event.facts) soundMoment(new Date(at));
    }
    const again = unpack(connection, request(body))?.map((part) => ("event" in part ? part.event.key : part.bad.key));
    must(JSON.stringify(keys) === JSON.stringify(again), "the same delivery gives other keys");
  }
  // signed for other bytes
  const signature = Object.keys(request(good).headers).some((name) => /signature/.test(name));
  if (signature && !body.equals(good)) must(unpack(connection, request(good)) === undefined, "forged, and taken");
  unpolluted();
};

export const connectorTargets: readonly Target[] = connectors.flatMap(({ id }) => {
  const folder = path.join(packageRoot, "connectors", id, "samples");
  const samples = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const sample = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Sample;
      const bytes = sample.bodyFile ? readFileSync(path.join(folder, sample.bodyFile)) : Buffer.from(sample.body ?? "");
      return { name: name.replace(/\.json$/, ""), sample, bytes };
    });
  return samples.map(({ name, sample, bytes }): Target => {
    const connection = opened(id, sample.settings);
    return {
      name: `${id}/${name}`,
      samples: [bytes],
      shape: bytes.toString("utf8").trimStart().startsWith("<") ? "xml" : "json",
      read: (input) => read(id, sample, connection, bytes, input),
    };
  });
});
