// One process of several that count on the same server. Arguments: port, limit, and milliseconds by which its clock is wrong.
import { createRateLimiter } from "@seaworthy/ratelimit";
import { redisLimitStore } from "@seaworthy/ratelimit/redis";
import { Redis } from "ioredis";

const [port = "0", limit = "0", skew = "0"] = process.argv.slice(2);
const right = Date.now.bind(Date);
Date.now = () => right() + Number(skew);
const client = new Redis({ port: Number(port), maxRetriesPerRequest: null });
const store = redisLimitStore(client);
// The machine may be busy: this is about the count, and not about the deadline.
const limits = [{ limit: Number(limit), window: "10m" }] as const;
const limiter = createRateLimiter({ name: "workers", limits, store, storeTimeout: "30s" });
await client.ping();

process.on("message", async (message: { key: string; calls: number }) => {
  const decisions = await Promise.all(Array.from({ length: message.calls }, () => limiter.consume(message.key)));
  const allowed = decisions.filter((decision) => decision.allowed).length;
  const degraded = decisions.filter((decision) => decision.degraded).length;
  process.send?.({ allowed, degraded, retryAfter: Math.max(...decisions.map(({ retryAfter }) => retryAfter)) });
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
