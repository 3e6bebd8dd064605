/**
 * The floor that `accept` is measured against: as little as a program can do that takes webhooks on `node:http`, checks them,
 * and has committed their bytes before it answers. It knows no events, no limits, no retries and no stopping.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { SECRET_PATH } from "../ground/requests.ts";
import { SECRET } from "../ground/server.ts";

const { PORT = "0", DATABASE_URL = "" } = process.env;
const publicUrl = `http://127.0.0.1:${PORT}`;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });

const waiting: { body: Buffer; stored: () => void }[] = [];
let storing = false;
const store = async () => {
  if (storing) return;
  storing = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, 500);
    await pool.query("insert into floor (body) select * from unnest($1::bytea[])", [batch.map(({ body }) => body)]);
    for (const { stored } of batch) stored();
  }
  storing = false;
};

const genuine = (url: string, headers: Record<string, unknown>, body: Buffer) => {
  if (url === `/webhooks/sales/${SECRET_PATH}`) return true;
  const signed = createHmac("sha256", SECRET)
    .update(`POST${publicUrl}${url}`)
    .update(body)
    .update(String(headers["x-hubspot-request-timestamp"]))
    .digest();
  const given = Buffer.from(String(headers["x-hubspot-signature-v3"]), "base64");
  return given.length === signed.length && timingSafeEqual(given, signed);
};

const answers = {
  hub: { type: "text/plain", text: "" },
  sales: {
    type: "text/xml",
    text: '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>',
  },
};

await pool.query(
  "create table if not exists floor (id bigint generated always as identity primary key, body bytea not null, at timestamptz not null default now())",
);
createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const url = request.url ?? "";
    if (url === "/readyz") return void response.end();
    if (!genuine(url, request.headers, body)) {
      response.statusCode = 401;
      return void response.end();
    }
    const { type, text } = url.startsWith("/webhooks/sales") ? answers.sales : answers.hub;
    waiting.push({
      body,
      stored() {
        response.setHeader("Content-Type", type);
        response.end(text);
      },
    });
    void store();
  });
}).listen(Number(PORT), "127.0.0.1");
