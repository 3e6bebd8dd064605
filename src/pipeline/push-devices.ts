/** Browsers of a recipient that take notifications. */
import type { Corridor } from "./corridor.ts";
import { personBehind } from "./person-page.ts";

/** As a browser's `PushSubscription` gives it. */
export interface PushDevice {
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** The push services of the browsers. Whoever subscribes names the address that we call: it may lead nowhere else. */
const services = [
  /^fcm\.googleapis\.com$/,
  /^[\w-]+(\.[\w-]+)*\.push\.services\.mozilla\.com$/,
  /^[\w-]+(\.[\w-]+)*\.push\.apple\.com$/,
  /^[\w-]+(\.[\w-]+)*\.notify\.windows\.com$/,
];
const MOST_DEVICES = 10;

export const isPushService = (endpoint: string): boolean => {
  if (endpoint.length > 1_000 || !URL.canParse(endpoint)) return false;
  const { protocol, hostname, port, username, password } = new URL(endpoint);
  return (
    protocol === "https:" &&
    port === "" &&
    username === "" &&
    password === "" &&
    services.some((each) => each.test(hostname))
  );
};

export type DeviceKept = { ok: true } | { ok: false; why: "not_found" | "not_a_push_service" };

/** The same browser again replaces what it gave before; of many devices the oldest goes. */
export const addDevice = async (corridor: Corridor, token: string, device: PushDevice): Promise<DeviceKept> => {
  const behind = await personBehind(corridor, token);
  if (!behind) return { ok: false, why: "not_found" };
  if (!isPushService(device.endpoint)) return { ok: false, why: "not_a_push_service" };
  const { id } = behind.recipient;
  await corridor.database.transaction(async (tx) => {
    await tx.run(
      `insert into push_subscriptions (recipient_id, endpoint, p256dh, auth, created_at) values ($1, $2, $3, $4, $5)
       on conflict (endpoint) do update set recipient_id = excluded.recipient_id, p256dh = excluded.p256dh, auth = excluded.auth,
         created_at = excluded.created_at`,
      [id, device.endpoint, device.p256dh, device.auth, corridor.now()],
    );
    await tx.run(
      `delete from push_subscriptions where endpoint in (
         select endpoint from push_subscriptions where recipient_id = $1 order by created_at desc, endpoint offset $2)`,
      [id, MOST_DEVICES],
    );
  });
  return { ok: true };
};

/** No device of theirs takes notifications any more. False where the token opens nothing. */
export const forgetDevices = async (corridor: Corridor, token: string): Promise<boolean> => {
  const behind = await personBehind(corridor, token);
  if (!behind) return false;
  await corridor.database.run("delete from push_subscriptions where recipient_id = $1", [behind.recipient.id]);
  return true;
};
