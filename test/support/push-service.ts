/** A browser's push service and one of its subscriptions: VAPID checked by RFC 8292, bodies kept as they came. */
import { createECDH, createPublicKey, randomBytes, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, type Mood, startVendor, type VendorServer } from "./message-vendor.ts";

export interface PushedMessage {
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface PushService extends VendorServer {
  /** What a browser gives to a page that subscribes. */
  readonly subscription: { endpoint: string; p256dh: string; auth: string };
  /** The device's own half of it. */
  readonly device: { privateKey: string; publicKey: string; auth: string };
  readonly messages: PushedMessage[];
}

/** `applicationKey`: the public VAPID key that the page subscribed with. */
export const startPushService = async (applicationKey: string): Promise<PushService> => {
  const ecdh = createECDH("prime256v1");
  const p256dh = ecdh.generateKeys("base64url");
  const auth = randomBytes(16).toString("base64url");
  const path = `/send/${randomBytes(12).toString("hex")}`;
  const messages: PushedMessage[] = [];
  let origin = "";

  const isOurs = (header: string | undefined): boolean => {
    const [, token = "", key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header ?? "") ?? [];
    const [head = "", body = "", signature = ""] = token.split(".");
    if (key !== applicationKey) return false;
    const point = Buffer.from(key, "base64url");
    const jwk = {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    };
    const signed = verify(
      "sha256",
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    const day = 24 * 3600;
    return (
      signed && claims.aud === origin && claims.exp <= Date.now() / 1000 + day && /^(mailto|https):/.test(claims.sub)
    );
  };

  const nothing = (status: number, headers: Record<string, string> = {}): Answer => ({
    status,
    body: null,
    text: "",
    headers,
  });
  const handle = (request: IncomingMessage, _body: string, mood: Mood, body: Buffer): Answer => {
    if (mood === "badAddress" || request.url !== path) return nothing(410);
    if (mood === "wrongCredentials" || !isOurs(request.headers.authorization)) return nothing(403);
    if (mood === "limited") return nothing(429);
    if (mood === "limitedFor7") return nothing(429, { "retry-after": "7" });
    const { ttl, topic, urgency, "content-encoding": encoding } = request.headers;
    if (mood === "refuseOddly" || body.length > 4096) return nothing(413);
    if (!/^\d+$/.test(String(ttl)) || encoding !== "aes128gcm") return nothing(400);
    if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic))) return nothing(400);
    if (urgency !== undefined && !["very-low", "low", "normal", "high"].includes(String(urgency))) return nothing(400);
    messages.push({ headers: request.headers, body });
    return nothing(201);
  };
  const server = await startVendor(handle);
  origin = new URL(server.url).origin;
  return {
    ...server,
    subscription: { endpoint: server.url + path, p256dh, auth },
    device: { privateKey: ecdh.getPrivateKey("base64url"), publicKey: p256dh, auth },
    messages,
  };
};
