import { expect, test } from "@jest/globals";
import { readRedisAddress, redisPlace } from "../../src/queue/redis-address.ts";

test.each([
  ["redis://cache.internal:6380/2", "at cache.internal:6380"],
  ["rediss://user:secret@cache.internal", "at cache.internal"],
  ["redis+sentinel://one,two:26380/main", '"main" of the Sentinels one:26379, two:26380'],
  ["rediss+sentinel://:secret@[::1]:5000/main?db=3&sentinelPassword=other", '"main" of the Sentinels ::1:5000'],
  ["redis+cluster://user:s%40cret@one:7000,two:7001", "in the Cluster at one:7000, two:7001"],
])("%s is %s, without its login", (text, place) => {
  const address = readRedisAddress(text);
  expect(address && redisPlace(address)).toBe(place);
});

test("logins are read, of Redis and of Sentinels", () => {
  expect(readRedisAddress("redis+cluster://user:s%40cret@one")).toMatchObject({
    login: { username: "user", password: "s@cret" },
    tls: false,
  });
  expect(
    readRedisAddress("rediss+sentinel://:secret@one/main?db=3&sentinelUser=u&sentinelPassword=other"),
  ).toMatchObject({
    tls: true,
    login: { password: "secret" },
    sentinelLogin: { username: "u", password: "other" },
    db: 3,
  });
});

test.each([
  "one:6379",
  "http://one",
  "redis+sentinel://one",
  "redis+sentinel://one/main?db=x",
  "redis+cluster://one/2",
  "redis+cluster://",
  "redis+cluster://one:port",
  "redis+cluster://one,,two",
])("%s is none", (text) => {
  expect(readRedisAddress(text)).toBeUndefined();
});
