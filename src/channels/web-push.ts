/** Notifications on a recipient's devices: Web Push (RFC 8030), encrypted (RFC 8291), signed with VAPID (RFC 8292). */
import { createECDH } from "node:crypto";
import { z } from "zod";
import { rejected } from "../outcome.ts";
import { callVendor } from "./call.ts";
import { defineSender, type Rendered, type SendOutcome } from "./channel.ts";
import { ofAll, pushOutcome } from "./web-push-outcome.ts";

/** The push services of the browsers. An endpoint comes from whoever subscribed: it may lead nowhere else. */
const services = [
  "fcm.googleapis.com",
  "*.push.services.mozilla.com",
  "*.push.apple.com",
  "*.notify.windows.com",
] as const;

const keyOf = (privateKey: string): string | undefined => {
  try {
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(Buffer.from(privateKey, "base64url"));
    return ecdh.getPublicKey().toString("base64url");
  } catch {
    return undefined;
  }
};

const Settings = z
  .strictObject({
    publicKey: z
      .string()
      .regex(/^[\w-]{87}$/, "expected 87 characters, as `accolade push keys` prints them")
      .describe("Public VAPID key; browsers subscribe with it"),
    privateKey: z
      .string()
      .regex(/^[\w-]{43}$/, "expected 43 characters, as `accolade push keys` prints them")
      .describe("Private VAPID key; with another one every subscription is lost"),
    subject: z
      .string()
      .regex(/^(mailto:\S+@\S+|https:\/\/\S+)$/, "expected `mailto:` and an address, or an https:// address")
      .describe("Whom a push service may turn to: `mailto:rewards@example.com`"),
    ttlHours: z
      .number()
      .positive()
      .max(672)
      .default(72)
      .describe("For how many hours a device that is switched off can still get a notification"),
    hosts: z
      .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+(:\d+)?$/, "expected a host, such as push.example.com"))
      .default([...services])
      .describe("Push services that notifications may be sent to; `*.` stands for one name"),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(75_000)
      .default(20_000)
      .describe("Longest wait for an answer, in milliseconds"),
  })
  .refine(({ publicKey, privateKey }) => keyOf(privateKey) === publicKey, {
    message: "expected the two keys that `accolade push keys` printed together",
    path: ["publicKey"],
  });

interface Device {
  endpoint: string;
  p256dh: string;
  auth: string;
}

export const webPush = defineSender({
  id: "web-push",
  label: "Web Push",
  carries: ["push"],
  settings: Settings,
  secrets: ["privateKey"],
  open({ publicKey, privateKey, subject, ttlHours, hosts, timeoutMs }, _channel, { sql, now }) {
    const notifyDevice = async (device: Device, key: string, payload: string): Promise<SendOutcome> => {
      if (!isAllowed(device.endpoint, hosts)) return rejected("badAddress", "host", "not a push service that we know");
      const library = await webPushLibrary();
      const { endpoint, p256dh, auth } = device;
      let details: ReturnType<typeof library.generateRequestDetails>;
      try {
        details = library.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
          vapidDetails: { subject, publicKey, privateKey },
          TTL: Math.round(ttlHours * 3_600),
          urgency: "normal",
          // of one message a device shows the newest only
          topic: key.replaceAll("-", "").slice(0, 32),
        });
      } catch {
        return rejected("badAddress", "keys", "the device's keys are none that can be encrypted for");
      }
      const headers = Object.fromEntries(
        Object.entries(details.headers)
          .filter(([name]) => name.toLowerCase() !== "content-length")
          .map(([name, value]) => [name, String(value)]),
      );
      const body = new Uint8Array(details.body ?? []);
      return pushOutcome(await callVendor({ url: endpoint, method: "POST", headers, body, timeoutMs, now }));
    };
    return {
      async send({ key, to, rendered }) {
        if (rendered.channel !== "push")
          return rejected("permanent", "not_carried", `Web Push does not carry ${rendered.channel}`);
        const devices = await sql.rows<Device>(
          "select endpoint, p256dh, auth from push_subscriptions where recipient_id = $1 order by created_at",
          [to],
        );
        const payload = JSON.stringify(notification(rendered, key));
        const outcomes = await Promise.all(devices.map((device) => notifyDevice(device, key, payload)));
        const gone = devices.filter((_, at) => isGone(outcomes[at]));
        if (gone.length > 0)
          await sql.run("delete from push_subscriptions where endpoint = any ($1)", [
            gone.map((each) => each.endpoint),
          ]);
        return ofAll(outcomes, key);
      },
      check: async () => [{ ok: true, what: "Web Push keys", detail: "they belong together" }],
    };
  },
});

/** Loaded at the first notification: it would slow down every start, also where there are none. */
let loading: Promise<typeof import("web-push")> | undefined;
const webPushLibrary = () => {
  loading ??= import("web-push").then((loaded) => loaded.default);
  return loading;
};

const isGone = (outcome: SendOutcome | undefined) => outcome?.outcome === "rejected" && outcome.kind === "badAddress";

/** What the service worker shows. `tag`: a second one of the same message takes the first one's place. */
const notification = ({ title, body, url, language }: Rendered & { channel: "push" }, tag: string) => ({
  title,
  body,
  url,
  tag,
  lang: language,
});

const isAllowed = (endpoint: string, hosts: readonly string[]): boolean => {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, host, hostname, username } = new URL(endpoint);
  // only a test's own service speaks without TLS
  const secure = protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1");
  return secure && username === "" && hosts.some((each) => fits(host, each));
};

const fits = (host: string, pattern: string) =>
  pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1 : host === pattern;
