import { Redis } from "ioredis";
import { createCache } from "../src/index.ts";
import { redisTier } from "../src/redis.ts";

// Loads one key as one of several processes, with a wall clock that is `skew` milliseconds off. Prints the value.
const [port, skew = "0"] = process.argv.slice(2);
const client = new Redis(Number(port));
await client.ping();
const clock = { now: () => Date.now() + Number(skew), monotonic: () => performance.now() };
const remote = redisTier(client, { deadline: "5s" });
const cache = createCache<string>({ name: "once", ttl: "1m", remote, clock });
process.stdin.once("data", async () => {
  const load = async (): Promise<string> => {
    await client.incr("loads");
    await new Promise((resolve) => setTimeout(resolve, 300));
    return `by ${process.pid}`;
  };
  const values = await Promise.all(Array.from({ length: 50 }, () => cache.getOrLoad("k", load)));
  const entry = await cache.inspect("k");
  console.log(JSON.stringify({ values: [...new Set(values)], freshFor: entry?.freshFor }));
  await cache.close();
  client.disconnect();
  process.stdin.unref();
});
console.log("ready");
