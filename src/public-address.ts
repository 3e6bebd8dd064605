/**
 * Calls to addresses that somebody wrote into a configuration. None may reach our own network through it: private,
 * loopback and link-local addresses are refused as written, and again once a name was resolved, at every call; the
 * connection goes to the very address that was checked. Redirects are never followed.
 */
import { lookup } from "node:dns";
import { lookup as resolve } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import { BlockList, isIP, isIPv4, type LookupFunction } from "node:net";

/** IANA's registries of special-purpose addresses (RFC 6890 and its updates): nothing public lives there. */
const closed = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  closed.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  // also ::, ::1, and IPv4 addresses written as IPv6
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  closed.addSubnet(net, prefix, "ipv6");

/** Whether an IP address may be called: an IPv4 address inside of an IPv6 one is judged as what it is. */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !closed.check(address, "ipv4");
  if (isIP(address) === 0) return false;
  const canonical = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return !closed.check(canonical, "ipv6");
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return !closed.check([24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join("."), "ipv4");
};

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "");

/** What is wrong with an address as it is written, before any name is resolved; null where nothing is. */
export const addressProblem = (text: string, { allowPrivate = false } = {}): string | null => {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "expected an https:// address";
  if (url.username || url.password) return "expected an address without user name and password";
  if (allowPrivate) return null;
  if (url.protocol !== "https:") return "expected https://; plain http:// only with allowPrivate: true";
  const host = hostOf(url);
  const inside = isIP(host) ? !isPublicAddress(host) : /(^|\.)localhost\.?$/i.test(host);
  return inside ? "expected a public address; one of your own network only with allowPrivate: true" : null;
};

export type PublicAddress = { ok: true; address: string; family: 4 | 6 } | { refused: string };

/** Resolves a URL's host now. Refused where any of its addresses is not public: a name must not lead to both. */
export const publicAddress = async (text: string, options: { allowPrivate?: boolean } = {}): Promise<PublicAddress> => {
  const problem = addressProblem(text, options);
  if (problem) return { refused: problem };
  const found = await resolve(hostOf(new URL(text)), { all: true }).catch(() => []);
  const [first] = found;
  if (!first) return { refused: "its name cannot be resolved" };
  if (!options.allowPrivate && found.some(({ address }) => !isPublicAddress(address)))
    return { refused: "its name leads to an address that is not public" };
  return { ok: true, address: first.address, family: first.family === 6 ? 6 : 4 };
};

/** Thrown by a connection, before any byte is sent. */
export class NotPublic extends Error {}

const checkedLookup: LookupFunction = (host, options, done) =>
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, "");
    const inside = found.some(({ address }) => !isPublicAddress(address));
    if (inside || !found[0]) return done(new NotPublic("its name leads to an address that is not public"), "");
    if (options.all) return done(null, found);
    done(null, found[0].address, found[0].family);
  });

class PublicAgent extends https.Agent {
  override createConnection(...[options, done]: Parameters<https.Agent["createConnection"]>) {
    const host = ("host" in options && options.host) || "";
    // a literal address is connected to without a look-up
    if (isIP(host) && !isPublicAddress(host)) {
      done?.(new NotPublic("its address is not public"), null as never);
      return undefined;
    }
    return super.createConnection({ ...options, lookup: checkedLookup }, done);
  }
}

/** For libraries that take an agent: every connection that it makes is checked. */
export const publicAgent = (): https.Agent => new PublicAgent({ keepAlive: false });

export interface OutsideCall {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  timeoutMs: number;
  /** For an address in one's own network: nothing is checked, and http:// will do. */
  allowPrivate?: boolean;
}

export type OutsideAnswer =
  | { status: number; headers: http.IncomingHttpHeaders; text: string }
  /** Not called: the address may not be. */
  | { refused: string }
  /** Called, or tried to: `sent` false where it is certain that no byte of the request went out. */
  | { failed: string; sent: boolean };

const MOST_BYTES = 64 * 1024;

/** One call, never repeated and never redirected. Reads at most 64 kB of the answer. Does not throw for what the other side does. */
export const callOutside = (url: string, call: OutsideCall): Promise<OutsideAnswer> => {
  const { method = "POST", headers = {}, body = "", timeoutMs, allowPrivate = false } = call;
  const problem = addressProblem(url, { allowPrivate });
  if (problem) return Promise.resolve({ refused: problem });
  return new Promise((settle) => {
    let connected = false;
    const { request: begin, Agent } = url.startsWith("https:") ? https : http;
    const agent = allowPrivate ? new Agent({ keepAlive: false }) : publicAgent();
    const failed = (error: NodeJS.ErrnoException) =>
      settle(
        error instanceof NotPublic
          ? { refused: error.message }
          : {
              failed:
                error.name === "TimeoutError" ? `no answer within ${timeoutMs} ms` : (error.code ?? error.message),
              sent: connected,
            },
      );
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const request = begin(
        url,
        { method, agent, signal, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
        (response) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          const done = () =>
            settle({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString("utf8"),
            });
          response.on("data", (part: Buffer) => {
            bytes += part.length;
            if (bytes <= MOST_BYTES) parts.push(part);
            else response.destroy();
          });
          response.on("close", done);
          response.on("error", () => {});
        },
      );
      request.on("socket", (socket) =>
        socket.once(url.startsWith("https:") ? "secureConnect" : "connect", () => {
          connected = true;
        }),
      );
      // a signal's error is an AbortError whose cause is the timeout
      request.on("error", (error) => failed(signal.aborted ? signal.reason : error));
      request.end(body);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  });
};
