/** Connects to a Redis, however it is made up. Apart from the reading of addresses: the package is loaded only where it is used. */
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { RedisAddress } from "./redis-address.ts";

/** How a client behaves, whatever it is connected to. */
export type RedisManners = Pick<
  RedisOptions,
  "commandTimeout" | "connectTimeout" | "enableOfflineQueue" | "lazyConnect" | "maxRetriesPerRequest"
> & {
  /** After how many ms it tries again; null: not at all. */
  again: (times: number) => number | null;
};

export const openRedis = (address: RedisAddress, { again, ...manners }: RedisManners): Redis | Cluster => {
  if (address.kind === "single") return new Redis(address.url, { ...manners, retryStrategy: again });
  const { tls, login } = address;
  const secure = tls ? { tls: {} } : {};
  if (address.kind === "sentinel") {
    const { username, password } = address.sentinelLogin;
    return new Redis({
      ...manners,
      ...login,
      ...secure,
      ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      ...(username === undefined ? {} : { sentinelUsername: username }),
      ...(password === undefined ? {} : { sentinelPassword: password }),
      name: address.master,
      sentinels: address.sentinels,
      db: address.db,
      retryStrategy: again,
      sentinelRetryStrategy: again,
    });
  }
  const { enableOfflineQueue = true, lazyConnect = false, ...each } = manners;
  return new Cluster(address.nodes, {
    enableOfflineQueue,
    lazyConnect,
    clusterRetryStrategy: again,
    redisOptions: { ...each, ...login, ...secure },
  });
};
