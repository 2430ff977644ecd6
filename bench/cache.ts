// The remote hits need a Redis server: REDIS_URL, or the one of this machine.
import { createCache } from "@seaworthy/cache";
import { redisTier } from "@seaworthy/cache/redis";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { Cacheable } from "cacheable";
import { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { compare } from "./harness.ts";

const value = { id: "u-7", name: "Ada", roles: ["admin", "user"], settings: { theme: "dark", page: 20 } };
const keys = Array.from({ length: 1000 }, (_, n) => `user-${n}`);
let turn = 0;
const next = (): string => keys[turn++ % keys.length] as string;
const load = async () => value;

const bare = new LRUCache<string, object>({ max: 10_000 });
const own = createCache<object>({ name: "memory", ttl: "1h" });
const bento = new BentoCache({
  default: "memory",
  stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })) },
});
const cacheable = new Cacheable({ ttl: "1h" });
for (const key of keys) {
  bare.set(key, value);
  await own.set(key, value);
  await bento.set({ key, value, ttl: "1h" });
  await cacheable.set(key, value);
}
await compare(
  "A hit in memory",
  {
    "lru-cache": () => bare.get(next()),
    cache: () => own.getOrLoad(next(), load),
    bentocache: () => bento.getOrSet({ key: next(), ttl: "1h", factory: load }),
    cacheable: () => cacheable.getOrSet(next(), load),
  },
  { asynchronous: true, rounds: 15 },
);

let loads = 0;
const slowly = async (): Promise<object> => {
  loads++;
  await new Promise((resolve) => setTimeout(resolve, 5));
  return value;
};
const failing = async (): Promise<object> => {
  await slowly();
  throw new Error("the source is down");
};
let fresh = 0;
const herd = (call: (key: string) => Promise<unknown>) => async () => {
  const key = `fresh-${fresh++}`;
  await Promise.allSettled(Array.from({ length: 1000 }, () => call(key)));
};
await compare(
  "1000 callers of a key that loads in 5 ms",
  {
    cache: herd((key) => own.getOrLoad(key, slowly)),
    bentocache: herd((key) => bento.getOrSet({ key, ttl: "1h", factory: slowly })),
    cacheable: herd((key) => cacheable.getOrSet(key, slowly)),
  },
  { asynchronous: true, rounds: 5, iterations: 2 },
);
const count = async (name: string, call: () => Promise<unknown>): Promise<void> => {
  loads = 0;
  const begun = performance.now();
  await call();
  console.log(`  ${name}: ${loads} loads, ${Math.round(performance.now() - begun)} ms`);
};
console.log("\n1000 callers of a key whose load fails after 5 ms");
await count(
  "cache",
  herd((key) => own.getOrLoad(key, failing)),
);
await count(
  "bentocache",
  herd((key) => bento.getOrSet({ key, ttl: "1h", factory: failing })),
);
await count(
  "cacheable",
  herd((key) => cacheable.getOrSet(key, failing)),
);

const client = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
await client.ping();
const prefix = `seaworthy-bench-${process.pid}:`;
const shared = createCache<object>({
  name: "remote",
  ttl: "1h",
  memory: false,
  remote: redisTier(client, { prefix, deadline: "5s" }),
});
for (const key of keys) {
  await client.set(`${prefix}bare:${key}`, JSON.stringify(value), "EX", 3600);
  await shared.set(key, value);
}
const get = async (): Promise<unknown> => JSON.parse((await client.get(`${prefix}bare:${next()}`)) ?? "");
const inFlight = (call: () => Promise<unknown>) => () => Promise.all(Array.from({ length: 64 }, call));
await compare(
  "A hit in Redis, one at a time",
  { "GET and JSON.parse": get, cache: () => shared.getOrLoad(next(), load) },
  { asynchronous: true, rounds: 15 },
);
await compare(
  "64 hits in Redis at once",
  { "GET and JSON.parse": inFlight(get), cache: inFlight(() => shared.getOrLoad(next(), load)) },
  { asynchronous: true, rounds: 15 },
);
await Promise.all([own.close(), shared.close(), bento.disconnectAll(), cacheable.disconnect()]);
for (const key of await client.keys(`${prefix}*`)) await client.del(key);
client.disconnect();
