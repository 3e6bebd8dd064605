/** `REDIS_URL`: one Redis, one behind Sentinels, or a Cluster. */

interface Host {
  host: string;
  port: number;
}

interface Login {
  username?: string;
  password?: string;
}

export type RedisAddress =
  | { kind: "single"; url: string }
  | {
      kind: "sentinel";
      sentinels: Host[];
      master: string;
      tls: boolean;
      login: Login;
      sentinelLogin: Login;
      db: number;
    }
  | { kind: "cluster"; nodes: Host[]; tls: boolean; login: Login };

export const REDIS_ADDRESSES =
  "redis://host:6379, redis+sentinel://host:26379,host:26379/name-of-the-master, or redis+cluster://host:6379,host:6379; rediss with TLS";

const SEVERAL = /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;

/** Undefined where it is none of `REDIS_ADDRESSES`. Of Sentinels, `?db=1&sentinelUser=…&sentinelPassword=…` may follow. */
export const readRedisAddress = (text: string): RedisAddress | undefined => {
  const several = SEVERAL.exec(text);
  if (!several) return /^rediss?:\/\//.test(text) && URL.canParse(text) ? { kind: "single", url: text } : undefined;
  const [, secure, kind, login = "", hosts = "", path = "", query = ""] = several;
  const read = hosts.split(",").map((each) => readHost(each, kind === "sentinel" ? 26_379 : 6_379));
  const known = read.filter((each) => each !== undefined);
  if (known.length < read.length) return undefined;
  const common = { tls: secure === "s", login: readLogin(login) };
  if (kind === "cluster") return path === "" ? { kind, nodes: known, ...common } : undefined;
  const options = new URLSearchParams(query);
  const db = Number(options.get("db") ?? "0");
  if (path === "" || !Number.isInteger(db) || db < 0) return undefined;
  const sentinelLogin = loginOf(options.get("sentinelUser") ?? "", options.get("sentinelPassword") ?? "");
  return { kind: "sentinel", sentinels: known, master: decodeURIComponent(path), ...common, sentinelLogin, db };
};

const readHost = (text: string, usual: number): Host | undefined => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : { host, port: port === undefined ? usual : Number(port) };
};

const readLogin = (text: string): Login => {
  const [username = "", password = ""] = text.split(":", 2).map(decodeURIComponent);
  return loginOf(username, password);
};

const loginOf = (username: string, password: string): Login => ({
  ...(username === "" ? {} : { username }),
  ...(password === "" ? {} : { password }),
});

/** The hosts that it names, for a person: no login is part of it. */
export const redisPlace = (address: RedisAddress): string => {
  if (address.kind === "single") return `at ${new URL(address.url).host}`;
  const hosts = address.kind === "sentinel" ? address.sentinels : address.nodes;
  const named = hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  return address.kind === "sentinel" ? `"${address.master}" of the Sentinels ${named}` : `in the Cluster at ${named}`;
};
